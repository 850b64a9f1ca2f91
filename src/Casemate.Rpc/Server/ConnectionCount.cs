namespace Casemate.Rpc.Server;

/// <summary>Counts the connections of a server, and waits until there is none.</summary>
internal sealed class ConnectionCount
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _none;
    private int _count;

    /// <summary>A connection came.</summary>
    public void Enter()
    {
        lock (_lock)
        {
            _count++;
        }
    }

    /// <summary>A connection went.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            if (--_count == 0)
            {
                _none?.TrySetResult();
            }
        }
    }

    /// <summary>Waits until there is none, or the patience or the token ends it.</summary>
    public async Task UntilNoneAsync(TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        Task none;
        lock (_lock)
        {
            if (_count == 0 || patience == TimeSpan.Zero)
            {
                return;
            }

            _none ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            none = _none.Task;
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(none, Task.Delay(patience, time, over.Token)).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
    }
}
