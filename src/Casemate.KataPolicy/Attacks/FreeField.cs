namespace Casemate.KataPolicy;

/// <summary>A field of a request that a host may change by design, and why that harms nobody who reads the policy.</summary>
/// <param name="Kind">The request.</param>
/// <param name="Path">
/// The field; <c>[*]</c> for any member of an array, a trailing <c>*</c> for everything that begins so.
/// </param>
/// <param name="Changes">The changes that are free: <c>change</c>, <c>remove</c>, <c>add</c>, <c>order</c>; comma between them.</param>
/// <param name="Reason">Why.</param>
public sealed record FreeField(string Kind, string Path, string Changes, string Reason)
{
    /// <summary>Where the freedom depends on the policy: the condition in words; empty when it does not.</summary>
    public string When { get; init; } = "";

    internal Func<AttackContext, bool> Condition { get; init; } = static _ => true;

    internal bool Covers(AttackContext context)
    {
        if (context.Kind != Kind || !Changes.Split(',').Contains(context.Change))
        {
            return false;
        }

        var matches = Path.EndsWith('*')
            ? context.Pattern.StartsWith(Path[..^1], StringComparison.Ordinal)
            : context.Pattern == Path;
        return matches && Condition(context);
    }
}
