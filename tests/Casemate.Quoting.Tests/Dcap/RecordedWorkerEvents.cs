using System.Collections.Concurrent;
using Casemate.Quoting.Dcap;

namespace Casemate.Quoting.Tests.Dcap;

/// <summary>Keeps what a provider tells of its worker.</summary>
internal sealed class RecordedWorkerEvents : IDcapWorkerEvents
{
    private readonly TaskCompletionSource _wrote = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentQueue<(int ProcessId, string Library)> Starts { get; } = new();

    public ConcurrentQueue<(string Reason, TimeSpan RestartAfter)> Failures { get; } = new();

    public ConcurrentQueue<string> Lines { get; } = new();

    public Task FirstLine => _wrote.Task;

    public void Started(int processId, string library) => Starts.Enqueue((processId, library));

    public void Failed(int processId, string reason, TimeSpan restartAfter) => Failures.Enqueue((reason, restartAfter));

    public void Wrote(int processId, string line)
    {
        Lines.Enqueue(line);
        _wrote.TrySetResult();
    }
}
