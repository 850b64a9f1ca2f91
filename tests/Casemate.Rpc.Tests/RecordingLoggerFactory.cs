using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Casemate.Rpc.Tests;

/// <summary>Keeps every line, with its level and event id.</summary>
internal sealed class RecordingLoggerFactory(ConcurrentQueue<string> log) : ILoggerFactory, ILogger
{
    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        log.Enqueue($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception}");
}
