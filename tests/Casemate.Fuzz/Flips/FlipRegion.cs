using System.Collections.Immutable;
using Casemate.Attestation;

namespace Casemate.Fuzz.Flips;

/// <summary>
/// A named part of evidence or collateral and what must happen when one bit of it is flipped. The table of all of them is
/// <see cref="FlipRegions"/>; <c>docs/mutations.md</c> shows it.
/// </summary>
/// <param name="Kind">Evidence or document that the region is a part of.</param>
/// <param name="Name">Name inside its kind.</param>
/// <param name="Guards">The checks that stand for the region: at least one of them fails. Empty: nothing protects the region.</param>
/// <param name="MayFail">Further checks that may fail with them, because they read the region or what it leads to.</param>
/// <param name="Unprotected">Which flips change nothing that counts, so that the verdict stays the same; empty: none.</param>
public sealed record FlipRegion(
    string Kind, string Name, ImmutableArray<CheckId> Guards, ImmutableArray<CheckId> MayFail, string Unprotected = "")
{
    /// <summary>
    /// Whether claims stay in the refused verdict: the hardware's word is genuine, and what was flipped stands beside it.
    /// </summary>
    public bool MayKeepClaims { get; init; }

    /// <summary>True for certificates and other collateral, which many pieces of evidence share.</summary>
    public bool IsCollateral { get; init; }

    public override string ToString() => $"{Kind}: {Name}";

    /// <summary>Whether failed checks are those that the region's flips may lead to.</summary>
    /// <param name="failed">The failed checks that the genuine evidence did not fail.</param>
    public bool Explains(ReadOnlySpan<CheckId> failed)
    {
        var guarded = false;
        foreach (var id in failed)
        {
            var guards = Guards.Contains(id);
            guarded |= guards;
            if (!guards && !MayFail.Contains(id))
            {
                return false;
            }
        }

        return guarded;
    }
}
