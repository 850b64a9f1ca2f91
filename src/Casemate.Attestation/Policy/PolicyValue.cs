using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Casemate.Attestation.Policy;

/// <summary>
/// What every member of a policy record goes through when it is set: a list that was never filled in is an empty one, and null where
/// there must be something is refused there and then, not in the middle of a verification.
/// </summary>
internal static class PolicyValue
{
    /// <summary>The list; empty in place of a default one.</summary>
    /// <exception cref="ArgumentNullException">An item is null.</exception>
    public static ImmutableArray<T> List<T>(ImmutableArray<T> value, [CallerArgumentExpression(nameof(value))] string? name = null)
    {
        if (value.IsDefaultOrEmpty)
        {
            return [];
        }

        foreach (var item in value)
        {
            if (item is null)
            {
                throw new ArgumentNullException(name, "A list of a policy holds a null.");
            }
        }

        return value;
    }

    /// <summary>The lists; empty in place of default ones.</summary>
    /// <exception cref="ArgumentNullException">An item of a list is null.</exception>
    public static ImmutableArray<ImmutableArray<byte[]>> Lists(
        ImmutableArray<ImmutableArray<byte[]>> value, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        value.IsDefaultOrEmpty ? [] : [.. value.Select(list => List(list, name))];

    /// <summary>The lists by number; empty in place of default ones.</summary>
    /// <exception cref="ArgumentNullException">The dictionary or an item of a list is null.</exception>
    public static ImmutableSortedDictionary<int, ImmutableArray<byte[]>> ByNumber(
        ImmutableSortedDictionary<int, ImmutableArray<byte[]>> value, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        NotNull(value, name).ToImmutableSortedDictionary(p => p.Key, p => List(p.Value, name));

    /// <summary>The value itself.</summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public static T NotNull<T>(T value, [CallerArgumentExpression(nameof(value))] string? name = null)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(value, name);
        return value;
    }
}
