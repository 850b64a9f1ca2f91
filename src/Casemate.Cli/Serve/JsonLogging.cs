using Casemate.Cli.Commands;
using Microsoft.Extensions.Logging;

namespace Casemate.Cli.Serve;

/// <summary>Logging of a service: one JSON object a line, on standard error.</summary>
internal static class JsonLogging
{
    /// <summary>Makes the loggers: warnings and errors with <c>-q</c>, details with <c>-v</c>.</summary>
    public static ILoggerFactory Create(CommandContext context) => LoggerFactory.Create(logging =>
    {
        logging.AddJsonConsole(options =>
        {
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
        });
        logging.AddConsole(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.SetMinimumLevel(context.Console.Quiet ? LogLevel.Warning : context.Console.Verbose ? LogLevel.Debug : LogLevel.Information);

        // The web server's own chatter says nothing that ours does not; what keeps it from starting is told as our own error.
        logging.AddFilter("Microsoft", context.Console.Verbose ? LogLevel.Information : LogLevel.Warning);
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
    });
}
