using System.Collections;

namespace Casemate.Rego;

/// <summary>A set of values. Enumerates in order.</summary>
public sealed class RegoSet : RegoValue, IReadOnlyCollection<RegoValue>
{
    internal static readonly RegoSet Empty = new(SortedKeys.Empty);

    private readonly SortedKeys _members;
    private int _hash;

    private RegoSet(SortedKeys members) => (_members, Nesting) = (members, NestingOf(members.Span));

    /// <inheritdoc/>
    public override RegoValueKind Kind => RegoValueKind.Set;

    /// <inheritdoc/>
    public int Count => _members.Count;

    internal override int Nesting { get; }

    internal ReadOnlySpan<RegoValue> Items => _members.Span;

    internal RegoValue[] ItemArray => _members.Array;

    internal override long ShallowBytes => 64 + (16L * _members.Count);

    /// <summary>A set of the values given; repetitions count once.</summary>
    /// <exception cref="ArgumentException">The value is nested more than 1024 levels deep.</exception>
    public static RegoSet Create(IEnumerable<RegoValue> members) => Create(new HashSet<RegoValue>(members));

    /// <summary>Whether the value is a member.</summary>
    public bool Contains(RegoValue value) => _members.IndexOf(value) >= 0;

    /// <inheritdoc/>
    public IEnumerator<RegoValue> GetEnumerator() => ((IEnumerable<RegoValue>)_members.Array).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (_hash == 0)
        {
            var hash = default(HashCode);
            hash.Add(~_members.Count);
            foreach (var item in _members.Span)
            {
                hash.Add(item.GetHashCode());
            }

            _hash = hash.ToHashCode() | 1;
        }

        return _hash;
    }

    internal static RegoSet Create(HashSet<RegoValue> members)
    {
        if (members.Count == 0)
        {
            return Empty;
        }

        RegoValue[] sorted = [.. members];
        SortedKeys.Sort(sorted, null);
        return new RegoSet(SortedKeys.OwnSorted(sorted));
    }

    internal static RegoSet OwnSorted(RegoValue[] members) => members.Length == 0 ? Empty : new RegoSet(SortedKeys.OwnSorted(members));

    internal override RegoValue? Lookup(RegoValue key)
    {
        var index = _members.IndexOf(key);
        return index < 0 ? null : _members.Array[index];
    }

    internal override int CompareSameKind(RegoValue other) => RegoArray.CompareItems(_members.Span, ((RegoSet)other)._members.Span);

    internal override bool EqualsSameKind(RegoValue other) => RegoArray.EqualItems(_members.Span, ((RegoSet)other)._members.Span);
}
