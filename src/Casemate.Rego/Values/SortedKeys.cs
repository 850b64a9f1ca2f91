namespace Casemate.Rego;

/// <summary>Distinct values in order, with a hash index made when it pays.</summary>
internal sealed class SortedKeys
{
    // Up to here a look through the hash codes beats an index.
    private const int Few = 8;

    private readonly RegoValue[] _keys;
    private int[]? _index;

    private SortedKeys(RegoValue[] keys) => _keys = keys;

    public static SortedKeys Empty { get; } = new([]);

    public int Count => _keys.Length;

    public ReadOnlySpan<RegoValue> Span => _keys;

    public RegoValue[] Array => _keys;

    /// <summary>Takes over keys that are sorted and distinct.</summary>
    public static SortedKeys OwnSorted(RegoValue[] keys) => keys.Length == 0 ? Empty : new SortedKeys(keys);

    public int IndexOf(RegoValue key)
    {
        var hash = key.GetHashCode();
        if (_keys.Length <= Few)
        {
            for (var i = 0; i < _keys.Length; i++)
            {
                if (_keys[i].GetHashCode() == hash && _keys[i].Equals(key))
                {
                    return i;
                }
            }

            return -1;
        }

        var index = _index ?? BuildIndex();
        for (var place = hash & (index.Length - 1); index[place] != 0; place = (place + 1) & (index.Length - 1))
        {
            var candidate = _keys[index[place] - 1];
            if (candidate.GetHashCode() == hash && candidate.Equals(key))
            {
                return index[place] - 1;
            }
        }

        return -1;
    }

    // Two threads may build the same index; either result serves.
    private int[] BuildIndex()
    {
        var size = 16;
        while (size < _keys.Length * 2)
        {
            size *= 2;
        }

        var index = new int[size];
        for (var i = 0; i < _keys.Length; i++)
        {
            var place = _keys[i].GetHashCode() & (size - 1);
            while (index[place] != 0)
            {
                place = (place + 1) & (size - 1);
            }

            index[place] = i + 1;
        }

        Volatile.Write(ref _index, index);
        return index;
    }
}
