using System.Collections.Immutable;
using Casemate.Attestation;

namespace Casemate.Fuzz.Flips;

/// <summary>What every kind of verdict has: whether it accepts, and its checks.</summary>
/// <param name="Accepted">Whether the evidence was accepted.</param>
/// <param name="HasClaims">Whether the verdict hands out claims as authentic.</param>
/// <param name="Checks">The checks in their order.</param>
public readonly record struct FlipOutcome(bool Accepted, bool HasClaims, ImmutableArray<Check> Checks)
{
    /// <summary>The failed checks, each once.</summary>
    public CheckId[] Failed() => [.. Checks.Where(c => c.Outcome is CheckOutcome.Failed).Select(c => c.Id).Distinct()];

    /// <summary>Whether both say the same of every check, texts included.</summary>
    public bool Same(in FlipOutcome other) =>
        Accepted == other.Accepted && HasClaims == other.HasClaims && Checks.AsSpan().SequenceEqual(other.Checks.AsSpan());
}
