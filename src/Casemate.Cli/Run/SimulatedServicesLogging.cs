using Casemate.Cli.Commands;
using Casemate.Cli.Serve;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Cli.Run;

/// <summary>The services around a workload tell their story through the account; their log is shown only with <c>-v</c>.</summary>
internal static class SimulatedServicesLogging
{
    public static ILoggerFactory Create(CommandContext context) =>
        context.Console.Verbose ? JsonLogging.Create(context) : NullLoggerFactory.Instance;
}
