using Microsoft.Extensions.Logging;

namespace Casemate.Cli.Node;

/// <summary>Log messages of <c>casemate node</c>. Event ids 3950-3959; an id is never given a second meaning.</summary>
internal static partial class NodeServiceLog
{
    [LoggerMessage(3950, LogLevel.Information, "Leaks of EPC are not seen: the kernel's log cannot be read, {Problem}")]
    public static partial void NoKernelLog(ILogger logger, string problem);
}
