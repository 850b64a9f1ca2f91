using Microsoft.Extensions.Logging;

namespace Casemate.Rpc.Ttrpc;

/// <summary>Log messages of ttrpc. Event ids 3740-3744; an id is never given a second meaning.</summary>
internal static partial class TtrpcLog
{
    [LoggerMessage(3740, LogLevel.Error, "The handler of {Path} failed")]
    public static partial void HandlerFailed(ILogger logger, string path, Exception problem);
}
