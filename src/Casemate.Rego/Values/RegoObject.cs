using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Casemate.Rego;

/// <summary>A map from values to values. Enumerates in the order of its keys.</summary>
public sealed class RegoObject : RegoValue, IReadOnlyCollection<KeyValuePair<RegoValue, RegoValue>>
{
    internal static readonly RegoObject Empty = new(SortedKeys.Empty, []);

    private readonly SortedKeys _keys;
    private readonly RegoValue[] _values;
    private int _hash;

    private RegoObject(SortedKeys keys, RegoValue[] values)
    {
        _keys = keys;
        _values = values;
        Nesting = NestingOf(values, NestingOf(keys.Span) - 1);
    }

    /// <inheritdoc/>
    public override RegoValueKind Kind => RegoValueKind.Object;

    /// <inheritdoc/>
    public int Count => _values.Length;

    internal override int Nesting { get; }

    internal ReadOnlySpan<RegoValue> Keys => _keys.Span;

    internal RegoValue[] KeyArray => _keys.Array;

    internal ReadOnlySpan<RegoValue> Values => _values;

    internal override long ShallowBytes => 80 + (24L * _values.Length);

    /// <summary>The value under a string key, or null.</summary>
    public RegoValue? this[string key] => Lookup(From(key));

    /// <summary>An object of the pairs given; of two with the same key the later counts.</summary>
    /// <exception cref="ArgumentException">The value is nested more than 1024 levels deep.</exception>
    public static RegoObject Create(IEnumerable<KeyValuePair<RegoValue, RegoValue>> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        if (pairs is KeyValuePair<RegoValue, RegoValue>[] { Length: <= 16 } few && TryCreate(few) is { } made)
        {
            return made;
        }

        var map = new Dictionary<RegoValue, RegoValue>();
        foreach (var (key, value) in pairs)
        {
            map[key] = value;
        }

        return Create(map);
    }

    /// <summary>The value under a key.</summary>
    public bool TryGetValue(RegoValue key, [NotNullWhen(true)] out RegoValue? value)
    {
        value = Lookup(key);
        return value is not null;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<RegoValue, RegoValue>> GetEnumerator()
    {
        for (var i = 0; i < _values.Length; i++)
        {
            yield return new KeyValuePair<RegoValue, RegoValue>(_keys.Array[i], _values[i]);
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (_hash == 0)
        {
            var hash = default(HashCode);
            hash.Add(_values.Length * 31);
            for (var i = 0; i < _values.Length; i++)
            {
                hash.Add(_keys.Array[i].GetHashCode());
                hash.Add(_values[i].GetHashCode());
            }

            _hash = hash.ToHashCode() | 1;
        }

        return _hash;
    }

    internal static RegoObject Create(Dictionary<RegoValue, RegoValue> map)
    {
        if (map.Count == 0)
        {
            return Empty;
        }

        var keys = new RegoValue[map.Count];
        var values = new RegoValue[map.Count];
        map.Keys.CopyTo(keys, 0);
        map.Values.CopyTo(values, 0);
        return OwnDistinct(keys, values);
    }

    /// <summary>Takes over distinct keys in any order, with their values.</summary>
    internal static RegoObject OwnDistinct(RegoValue[] keys, RegoValue[] values)
    {
        if (keys.Length == 0)
        {
            return Empty;
        }

        SortedKeys.Sort(keys, values);
        return new RegoObject(SortedKeys.OwnSorted(keys), values);
    }

    // A few pairs without the dictionary; null when two have the same key.
    private static RegoObject? TryCreate(KeyValuePair<RegoValue, RegoValue>[] pairs)
    {
        var (keys, values) = (new RegoValue[pairs.Length], new RegoValue[pairs.Length]);
        for (var i = 0; i < pairs.Length; i++)
        {
            (keys[i], values[i]) = pairs[i];
        }

        var made = OwnDistinct(keys, values);
        for (var i = 1; i < keys.Length; i++)
        {
            if (keys[i].Equals(keys[i - 1]))
            {
                return null;
            }
        }

        return made;
    }

    internal override RegoValue? Lookup(RegoValue key)
    {
        var index = _keys.IndexOf(key);
        return index < 0 ? null : _values[index];
    }

    internal Dictionary<RegoValue, RegoValue> ToDictionary()
    {
        var map = new Dictionary<RegoValue, RegoValue>(_values.Length + 1);
        for (var i = 0; i < _values.Length; i++)
        {
            map[_keys.Array[i]] = _values[i];
        }

        return map;
    }

    internal override int CompareSameKind(RegoValue other)
    {
        var second = (RegoObject)other;
        for (var i = 0; i < _values.Length && i < second._values.Length; i++)
        {
            var compared = _keys.Array[i].CompareTo(second._keys.Array[i]);
            compared = compared != 0 ? compared : _values[i].CompareTo(second._values[i]);
            if (compared != 0)
            {
                return compared;
            }
        }

        return _values.Length.CompareTo(second._values.Length);
    }

    internal override bool EqualsSameKind(RegoValue other)
    {
        var second = (RegoObject)other;
        return RegoArray.EqualItems(_keys.Span, second._keys.Span) && RegoArray.EqualItems(_values, second._values);
    }
}
