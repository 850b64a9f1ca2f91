namespace Casemate.Node.NodeObject;

/// <summary>Bounds how often something is done in a stretch of time.</summary>
internal sealed class RestoreBudget(int most, TimeSpan within)
{
    private readonly Queue<DateTimeOffset> _spent = new();

    public bool TrySpend(DateTimeOffset now)
    {
        Forget(now);
        if (_spent.Count >= most)
        {
            return false;
        }

        _spent.Enqueue(now);
        return true;
    }

    /// <summary>When the next one is allowed; null when it is now, or never.</summary>
    public DateTimeOffset? NextAt(DateTimeOffset now)
    {
        Forget(now);
        return _spent.Count >= most && _spent.Count > 0 ? _spent.Peek() + within : null;
    }

    /// <summary>Follows a clock that was set.</summary>
    public void Move(TimeSpan by)
    {
        for (var i = _spent.Count; i > 0; i--)
        {
            _spent.Enqueue(_spent.Dequeue() + by);
        }
    }

    private void Forget(DateTimeOffset now)
    {
        while (_spent.Count > 0 && now - _spent.Peek() >= within)
        {
            _spent.Dequeue();
        }
    }
}
