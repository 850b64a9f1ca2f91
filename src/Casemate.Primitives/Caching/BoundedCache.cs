using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Casemate.Primitives.Caching;

/// <summary>
/// A cache of at most a fixed number of entries. Reads take no lock; when it is full, entries that were not read since the
/// hand last passed make room first ("clock", an approximation of least recently used).
/// </summary>
/// <typeparam name="TKey">Key; compared by value.</typeparam>
/// <typeparam name="TValue">Value; never null. Values may still be in use after they were evicted, so they must not be disposed here.</typeparam>
public sealed class BoundedCache<TKey, TValue>
    where TKey : notnull
    where TValue : class
{
    private readonly ConcurrentDictionary<TKey, Entry> _entries;
    private readonly Entry?[] _ring;
    private readonly Lock _writing = new();
    private int _hand;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="capacity">The largest number of entries, at least 1.</param>
    public BoundedCache(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _ring = new Entry?[capacity];
        _entries = new ConcurrentDictionary<TKey, Entry>();
    }

    /// <summary>The number of entries now held, at most the capacity.</summary>
    public int Count => _entries.Count;

    /// <summary>Finds an entry and marks it as recently read.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_entries.TryGetValue(key, out var entry))
        {
            if (!entry.Read)
            {
                entry.Read = true;
            }

            value = entry.Value;
            return true;
        }

        value = null;
        return false;
    }

    /// <summary>Adds an entry. An entry already there under the same key stays, and the new value is dropped.</summary>
    public void Add(TKey key, TValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var entry = new Entry(key, value);
        lock (_writing)
        {
            if (!_entries.TryAdd(key, entry))
            {
                return;
            }

            while (_ring[_hand] is { } held)
            {
                if (!held.Read)
                {
                    _entries.TryRemove(held.Key, out _);
                    break;
                }

                held.Read = false;
                _hand = (_hand + 1) % _ring.Length;
            }

            _ring[_hand] = entry;
            _hand = (_hand + 1) % _ring.Length;
        }
    }

    private sealed class Entry(TKey key, TValue value)
    {
        public readonly TKey Key = key;
        public readonly TValue Value = value;
        public volatile bool Read;
    }
}
