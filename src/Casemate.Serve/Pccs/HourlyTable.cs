namespace Casemate.Serve.Pccs;

/// <summary>
/// What is counted under names for a while, for a bounded number of names: where there are more, the one that came first makes room. Not
/// safe for concurrent use.
/// </summary>
/// <typeparam name="T">What is kept under a name.</typeparam>
/// <param name="capacity">Names at once.</param>
/// <param name="window">How long a name is kept after it came.</param>
/// <param name="create">Makes what is kept.</param>
internal sealed class HourlyTable<T>(int capacity, TimeSpan window, Func<T> create)
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    // In the order in which they came, which is the order in which they end.
    private readonly Queue<(string Name, Entry Entry)> _order = [];

    /// <summary>Names now, ended ones included that nobody has asked for.</summary>
    public int Count => _entries.Count;

    /// <summary>What is kept under a name; null when nothing is, or its time is over.</summary>
    public Entry? Find(string name, DateTimeOffset now) =>
        _entries.TryGetValue(name, out var known) && known.Ends > now ? known : null;

    /// <summary>What is kept under a name; made if need be.</summary>
    public Entry FindOrAdd(string name, DateTimeOffset now)
    {
        if (Find(name, now) is { } known)
        {
            return known;
        }

        _entries.Remove(name);
        while (_order.TryPeek(out var oldest) && (_entries.Count >= capacity || oldest.Entry.Ends <= now))
        {
            _order.Dequeue();
            if (_entries.TryGetValue(oldest.Name, out var present) && ReferenceEquals(present, oldest.Entry))
            {
                _entries.Remove(oldest.Name);
            }
        }

        var added = new Entry(create(), now + window);
        _entries[name] = added;
        _order.Enqueue((name, added));
        return added;
    }

    /// <summary>What is kept under a name, and until when.</summary>
    public sealed record Entry(T Value, DateTimeOffset Ends);
}
