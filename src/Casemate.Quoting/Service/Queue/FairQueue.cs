namespace Casemate.Quoting.Service.Queue;

/// <summary>
/// A fixed number of places, given out fairly between lanes: start-time fair queueing (Goyal, Vin, Cheng, 1996) with turns of equal
/// cost. However much waits in one lane, a request in another waits for at most one turn of each busy lane of the same weight.
/// </summary>
/// <remarks>
/// Every lane has a virtual time at which its next turn starts; the lane with the earliest goes first, and each turn moves it on by
/// the turn's cost over the lane's weight. A lane that was idle starts now and not in the past, so that idleness earns no credit.
/// </remarks>
internal sealed class FairQueue(int places, int maximumPerLane, int maximum, TimeProvider time)
{
    private const long TurnCost = 1 << 20;
    private const int LanesKept = 4096;

    private static readonly TimerCallback s_timedOut = static w => ((Waiter)w!).GiveUp(QueueTurn.TimedOut);
    private static readonly Action<object?> s_cancelled = static w => ((Waiter)w!).GiveUp(QueueTurn.Cancelled);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);
    private readonly PriorityQueue<Lane, (long Start, long Order)> _busy = new();
    private TaskCompletionSource? _emptied;
    private long _now;
    private long _order;
    private int _inUse;
    private int _waiting;
    private bool _closed;

    /// <summary>Requests that wait.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Places taken.</summary>
    public int InUse => Volatile.Read(ref _inUse);

    /// <summary>Lanes known; idle ones are forgotten when there are many.</summary>
    public int LaneCount
    {
        get
        {
            lock (_lock)
            {
                return _lanes.Count;
            }
        }
    }

    /// <summary>Waits for a place. After <see cref="QueueTurn.Granted"/>, and only then, the caller calls <see cref="Leave"/>.</summary>
    /// <param name="laneName">Whose turn is taken.</param>
    /// <param name="weight">Turns of this lane while others have one; at least 1.</param>
    /// <param name="maximumWait">How long to wait at most.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    public ValueTask<QueueTurn> EnterAsync(string laneName, int weight, TimeSpan maximumWait, CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (_lock)
        {
            if (_closed)
            {
                return ValueTask.FromResult(QueueTurn.Closed);
            }

            if (cancellationToken.IsCancellationRequested)
            {
                return ValueTask.FromResult(QueueTurn.Cancelled);
            }

            var lane = LaneOf(laneName, weight);
            if (_inUse < places && _waiting == 0)
            {
                Grant(lane);
                return ValueTask.FromResult(QueueTurn.Granted);
            }

            if (lane.Waiters.Count >= maximumPerLane)
            {
                return ValueTask.FromResult(QueueTurn.LaneFull);
            }

            if (_waiting >= maximum)
            {
                return ValueTask.FromResult(QueueTurn.Full);
            }

            waiter = new Waiter(this, lane);
            lane.Waiters.AddLast(waiter.Node);
            _waiting++;
            if (!lane.IsBusy)
            {
                MakeBusy(lane);
            }
        }

        return WaitAsync(waiter, maximumWait, cancellationToken);
    }

    /// <summary>Gives a place back: it goes to whoever's turn is next.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            _inUse--;
            while (_inUse < places && TakeNext() is { } next)
            {
                Grant(next.Lane);
                next.Turn.TrySetResult(QueueTurn.Granted);
            }

            TellIfEmpty();
        }
    }

    /// <summary>Lets nobody in any more; who waits still gets a turn.</summary>
    /// <returns>Ends when nobody waits and every place is free.</returns>
    public Task Close()
    {
        lock (_lock)
        {
            _closed = true;
            _emptied ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            TellIfEmpty();
            return _emptied.Task;
        }
    }

    /// <summary>Sends away all who wait.</summary>
    public void DismissAll()
    {
        lock (_lock)
        {
            _closed = true;
            while (TakeNext() is { } waiter)
            {
                waiter.Turn.TrySetResult(QueueTurn.Closed);
                if (waiter.Lane.Waiters.Count > 0)
                {
                    MakeBusy(waiter.Lane);
                }
            }

            TellIfEmpty();
        }
    }

    private async ValueTask<QueueTurn> WaitAsync(Waiter waiter, TimeSpan maximumWait, CancellationToken cancellationToken)
    {
        // The waiter itself is what both are told, so that neither needs memory for who it was.
        var timer = time.CreateTimer(s_timedOut, waiter, maximumWait, Timeout.InfiniteTimeSpan);
        var registration = cancellationToken.UnsafeRegister(s_cancelled, waiter);
        try
        {
            return await waiter.Turn.Task.ConfigureAwait(false);
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
            await timer.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void GiveUp(Waiter waiter, QueueTurn reason)
    {
        lock (_lock)
        {
            if (waiter.Node.List is null)
            {
                return;                                                    // its turn came first
            }

            waiter.Lane.Waiters.Remove(waiter.Node);
            _waiting--;
            waiter.Turn.TrySetResult(reason);
            TellIfEmpty();
        }
    }

    private Waiter? TakeNext()
    {
        while (_busy.TryDequeue(out var lane, out _))
        {
            lane.IsBusy = false;
            if (lane.Waiters.First is not { } node)
            {
                continue;                                                  // all of its waiters gave up
            }

            lane.Waiters.Remove(node);
            _waiting--;
            return node.Value;
        }

        return null;
    }

    private void Grant(Lane lane)
    {
        _inUse++;
        var start = Math.Max(lane.NextStart, _now);
        _now = start;
        lane.NextStart = start + (TurnCost / lane.Weight);
        if (lane.Waiters.Count > 0 && !lane.IsBusy)
        {
            MakeBusy(lane);
        }
    }

    private void MakeBusy(Lane lane)
    {
        lane.NextStart = Math.Max(lane.NextStart, _now);
        lane.IsBusy = true;
        _busy.Enqueue(lane, (lane.NextStart, _order++));
    }

    private Lane LaneOf(string name, int weight)
    {
        if (!_lanes.TryGetValue(name, out var lane))
        {
            if (_lanes.Count >= LanesKept)
            {
                // A lane without waiters is forgotten at the price of one turn that it may get too early.
                foreach (var key in _lanes.Where(l => !l.Value.IsBusy).Select(l => l.Key).ToList())
                {
                    _lanes.Remove(key);
                }
            }

            _lanes[name] = lane = new Lane();
        }

        lane.Weight = weight;
        return lane;
    }

    private void TellIfEmpty()
    {
        if (_waiting == 0 && _inUse == 0)
        {
            _emptied?.TrySetResult();
        }
    }

    private sealed class Lane
    {
        public LinkedList<Waiter> Waiters { get; } = [];

        public long NextStart { get; set; }

        public int Weight { get; set; } = 1;

        public bool IsBusy { get; set; }
    }

    private sealed class Waiter
    {
        private readonly FairQueue _queue;

        public Waiter(FairQueue queue, Lane lane)
        {
            (_queue, Lane) = (queue, lane);
            Node = new LinkedListNode<Waiter>(this);
        }

        public Lane Lane { get; }

        public LinkedListNode<Waiter> Node { get; }

        public TaskCompletionSource<QueueTurn> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void GiveUp(QueueTurn reason) => _queue.GiveUp(this, reason);
    }
}
