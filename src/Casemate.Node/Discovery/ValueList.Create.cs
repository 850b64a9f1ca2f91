namespace Casemate.Node.Discovery;

/// <summary>Makes <see cref="ValueList{T}"/>; the compiler calls it for a collection expression.</summary>
public static class ValueList
{
    /// <summary>Makes a list of a copy of <paramref name="items"/>.</summary>
    public static ValueList<T> Create<T>(ReadOnlySpan<T> items) => items.IsEmpty ? ValueList<T>.Empty : new ValueList<T>(items.ToArray());
}
