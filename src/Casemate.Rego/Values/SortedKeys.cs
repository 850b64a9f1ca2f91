namespace Casemate.Rego;

/// <summary>Distinct values in order, with a hash index made when it pays.</summary>
internal sealed class SortedKeys
{
    // Up to here a look at each beats everything else; requests are read once, so that hash codes rarely pay.
    private const int Few = 16;

    // Up to here a search by order beats an index, which must be built first.
    private const int Many = 64;

    private readonly RegoValue[] _keys;
    private int[]? _index;

    private SortedKeys(RegoValue[] keys) => _keys = keys;

    public static SortedKeys Empty { get; } = new([]);

    public int Count => _keys.Length;

    public ReadOnlySpan<RegoValue> Span => _keys;

    public RegoValue[] Array => _keys;

    /// <summary>Sorts keys together with their values; the usual few without the cost of the general sort.</summary>
    public static void Sort(RegoValue[] keys, RegoValue[]? values)
    {
        if (keys.Length > 16)
        {
            System.Array.Sort(keys, values);
            return;
        }

        for (var i = 1; i < keys.Length; i++)
        {
            var (key, value) = (keys[i], values?[i]);
            var k = i - 1;
            for (; k >= 0 && keys[k].CompareTo(key) > 0; k--)
            {
                keys[k + 1] = keys[k];
                if (values is not null)
                {
                    values[k + 1] = values[k];
                }
            }

            keys[k + 1] = key;
            if (values is not null)
            {
                values[k + 1] = value!;
            }
        }
    }

    /// <summary>Takes over keys that are sorted and distinct.</summary>
    public static SortedKeys OwnSorted(RegoValue[] keys) => keys.Length == 0 ? Empty : new SortedKeys(keys);

    public int IndexOf(RegoValue key)
    {
        if (_keys.Length <= Few)
        {
            if (key is RegoString text)
            {
                return IndexOfText(text.Value);
            }

            for (var i = 0; i < _keys.Length; i++)
            {
                if (_keys[i].Equals(key))
                {
                    return i;
                }
            }

            return -1;
        }

        if (_keys.Length <= Many && _index is null)
        {
            return Search(key);
        }

        var hash = key.GetHashCode();
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

    private int Search(RegoValue key)
    {
        var (low, high) = (0, _keys.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = _keys[middle].CompareTo(key);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }

    private int IndexOfText(string text)
    {
        for (var i = 0; i < _keys.Length; i++)
        {
            if (_keys[i] is RegoString key && key.Value == text)
            {
                return i;
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
