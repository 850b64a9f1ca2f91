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
    private volatile bool _isListed;

    /// <summary>Ends when a stream has ended and no other took its place.</summary>
    public Task Over => _over.Task;

    /// <summary>True from the first list on that was sent whole.</summary>
    public bool HasListed { get; private set; }

    /// <summary>True while there is a stream that was sent its list whole.</summary>
    public bool IsListed => _isListed && !Over.IsCompleted;

    /// <summary>Notes that the stream was sent its list whole.</summary>
    public void NoteListed() => HasListed = _isListed = true;

    /// <summary>Ends the stream before and runs this one.</summary>
    /// <param name="stream">The stream: ends as soon as its token fires, also in the middle of a write.</param>
    /// <param name="call">Fires when nobody waits for the stream any more.</param>
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
            _isListed = false;                                             // whoever had the list has lost it with that stream
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
