using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Tests;

/// <summary>What of the web framework's log reaches the program's.</summary>
public class FrameworkLoggerFactoryTests
{
    [Theory]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Information, false)]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Warning, true)]
    [InlineData("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Critical, false)]
    public void Listens(string category, LogLevel level, bool expected)
    {
        using var inner = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new Listening()));
        using var factory = new FrameworkLoggerFactory(inner);

        Assert.Equal(expected, factory.CreateLogger(category).IsEnabled(level));
    }

    private sealed class Listening : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
        }

        public void Dispose()
        {
        }
    }
}
