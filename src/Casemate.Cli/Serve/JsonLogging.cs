using System.Text.Encodings.Web;
using Casemate.Cli.Commands;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Casemate.Cli.Serve;

/// <summary>Logging of a service: one JSON object a line, on standard error.</summary>
internal static class JsonLogging
{
    /// <summary>Makes the loggers: warnings and errors with <c>-q</c>, details with <c>-v</c>.</summary>
    public static ILoggerFactory Create(CommandContext context)
    {
        // Beside the reading of the settings: what JSON needs for its first string takes some milliseconds.
        _ = Task.Run(() => JavaScriptEncoder.Default);
        var filter = new LoggerFilterOptions
        {
            MinLevel = context.Console.Quiet ? LogLevel.Warning : context.Console.Verbose ? LogLevel.Debug : LogLevel.Information,
        };

        // The web server's own chatter says nothing that ours does not; what keeps it from starting is told as our own error.
        filter.AddFilter("Microsoft", context.Console.Verbose ? LogLevel.Information : LogLevel.Warning);
        filter.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        var options = new ConsoleLoggerOptions
        {
            FormatterName = JsonLineFormatter.FormatterName,
            LogToStandardErrorThreshold = LogLevel.Trace,
        };
        var loggers = new LoggerFactory([], filter);

        // Added, not given to the constructor: the factory then ends it, and what is still queued gets written.
        loggers.AddProvider(new ConsoleLoggerProvider(new Unchanging(options), [new JsonLineFormatter(context.Invocation.Time)]));
        return loggers;
    }

    private sealed class Unchanging(ConsoleLoggerOptions options) : IOptionsMonitor<ConsoleLoggerOptions>
    {
        public ConsoleLoggerOptions CurrentValue => options;

        public ConsoleLoggerOptions Get(string? name) => options;

        public IDisposable? OnChange(Action<ConsoleLoggerOptions, string?> listener) => null;
    }
}
