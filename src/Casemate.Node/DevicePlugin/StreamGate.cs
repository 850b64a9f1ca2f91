using Casemate.Rpc;

namespace Casemate.Node.DevicePlugin;

/// <summary>
/// Lets one ListAndWatch at a time through. The kubelet, when a stream ends, drops whichever plugin is registered under the resource's
/// name by then; so there must never be two, and the old one has to be over before the new one begins.
/// </summary>
internal sealed class StreamGate
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? _current;
    private Task _last = Task.CompletedTask;

    /// <summary>Ends when a stream has ended and no other took its place.</summary>
    public Task Over => _over.Task;

    /// <summary>True from the first list on that was sent whole.</summary>
    public bool HasListed { get; private set; }

    /// <summary>Notes that a list was sent whole.</summary>
    public void NoteListed() => HasListed = true;

    /// <summary>Ends the stream before and runs this one.</summary>
    /// <exception cref="RpcException">Another stream took the place of this one.</exception>
    public async Task RunAsync(Func<CancellationToken, Task> stream, CancellationToken call)
    {
        var mine = CancellationTokenSource.CreateLinkedTokenSource(call);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (_lock)
        {
            (before, _last) = (_last, done.Task);
            var replaced = _current;
            _current = mine;                                               // first: the other may end within the next line
            replaced?.Cancel();
        }

        try
        {
            await before.ConfigureAwait(false);
            await stream(mine.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (mine.IsCancellationRequested && !call.IsCancellationRequested)
        {
            throw new RpcException(RpcStatus.Aborted, "Another ListAndWatch took the place of this one.");
        }
        finally
        {
            lock (_lock)
            {
                if (ReferenceEquals(_current, mine))
                {
                    _current = null;
                    _over.TrySetResult();
                }

                mine.Dispose();
            }

            done.SetResult();
        }
    }
}
