using System.Collections;

namespace Casemate.Rego;

/// <summary>A sequence of values.</summary>
public sealed class RegoArray : RegoValue, IReadOnlyList<RegoValue>
{
    internal static readonly RegoArray Empty = new([]);

    private readonly RegoValue[] _items;
    private int _hash;

    private RegoArray(RegoValue[] items) => (_items, Nesting) = (items, NestingOf(items));

    /// <inheritdoc/>
    public override RegoValueKind Kind => RegoValueKind.Array;

    /// <inheritdoc/>
    public int Count => _items.Length;

    /// <inheritdoc/>
    public RegoValue this[int index] => _items[index];

    internal ReadOnlySpan<RegoValue> Items => _items;

    internal override int Nesting { get; }

    internal override long ShallowBytes => 40 + (8L * _items.Length);

    /// <summary>An array of the values given, in their order.</summary>
    /// <exception cref="ArgumentException">The value is nested more than 1024 levels deep.</exception>
    public static RegoArray Create(IEnumerable<RegoValue> items)
    {
        RegoValue[] copy = [.. items];
        return Own(copy);
    }

    /// <inheritdoc/>
    public IEnumerator<RegoValue> GetEnumerator() => ((IEnumerable<RegoValue>)_items).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (_hash == 0)
        {
            var hash = default(HashCode);
            hash.Add(_items.Length);
            foreach (var item in _items)
            {
                hash.Add(item.GetHashCode());
            }

            _hash = hash.ToHashCode() | 1;
        }

        return _hash;
    }

    /// <summary>Takes over an array that nobody else will write to.</summary>
    internal static RegoArray Own(RegoValue[] items) => items.Length == 0 ? Empty : new RegoArray(items);

    internal override RegoValue? Lookup(RegoValue key) =>
        key is RegoNumber { IsSmall: true } number && (ulong)number.Small < (ulong)_items.Length ? _items[number.Small] : null;

    internal override int CompareSameKind(RegoValue other) => CompareItems(_items, ((RegoArray)other)._items);

    internal override bool EqualsSameKind(RegoValue other) => EqualItems(_items, ((RegoArray)other)._items);

    internal static int CompareItems(ReadOnlySpan<RegoValue> a, ReadOnlySpan<RegoValue> b)
    {
        for (var i = 0; i < a.Length && i < b.Length; i++)
        {
            var compared = a[i].CompareTo(b[i]);
            if (compared != 0)
            {
                return compared;
            }
        }

        return a.Length.CompareTo(b.Length);
    }

    internal static bool EqualItems(ReadOnlySpan<RegoValue> a, ReadOnlySpan<RegoValue> b)
    {
        if (a.Length != b.Length)
        {
            return false;
        }

        for (var i = 0; i < a.Length; i++)
        {
            if (!a[i].Equals(b[i]))
            {
                return false;
            }
        }

        return true;
    }
}
