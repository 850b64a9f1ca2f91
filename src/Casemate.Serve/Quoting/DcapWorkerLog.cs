using Casemate.Quoting.Dcap;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Quoting;

/// <summary>Logs what happens to the worker process of Intel's quoting library.</summary>
/// <param name="logger">Where lines go.</param>
/// <param name="time">The clock.</param>
public sealed partial class DcapWorkerLog(ILogger logger, TimeProvider time) : IDcapWorkerEvents
{
    private readonly RepeatedLines _lines = new(time, TimeSpan.FromSeconds(10));

    /// <inheritdoc/>
    public void Started(int processId, string library) => LogStarted(logger, processId, library);

    /// <inheritdoc/>
    public void Failed(int processId, string reason, TimeSpan restartAfter) => LogFailed(logger, processId, reason, restartAfter);

    /// <inheritdoc/>
    public void Wrote(int processId, string line)
    {
        // A library that repeats itself must not fill the disk.
        if (_lines.Allows($"wrote {line}", out var suppressed))
        {
            LogWrote(logger, processId, line, suppressed);
        }
    }

    [LoggerMessage(3470, LogLevel.Information, "Quoting worker {ProcessId} runs with {Library}")]
    private static partial void LogStarted(ILogger logger, int processId, string library);

    [LoggerMessage(3471, LogLevel.Error, "Quoting worker {ProcessId} failed: {Reason}; no other is started for {RestartAfter}")]
    private static partial void LogFailed(ILogger logger, int processId, string reason, TimeSpan restartAfter);

    [LoggerMessage(3472, LogLevel.Warning, "Quoting worker {ProcessId} wrote: {Line} ({Suppressed} like it not shown)")]
    private static partial void LogWrote(ILogger logger, int processId, string line, long suppressed);
}
