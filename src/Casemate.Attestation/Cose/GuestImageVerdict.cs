using System.Collections.Immutable;

namespace Casemate.Attestation.Cose;

/// <summary>The whole answer of one verification of a guest image's endorsement.</summary>
/// <param name="Checks">Every question that was asked, in the order in which they were asked.</param>
/// <param name="Endorsement">The endorsement; null unless every check holds.</param>
public sealed record GuestImageVerdict(ImmutableArray<Check> Checks, GuestImageEndorsement? Endorsement)
{
    /// <summary>True when the endorsement is genuine and the policy trusts it.</summary>
    public bool Accepted => Endorsement is not null;

    /// <summary>The failed checks, in the order in which they were asked.</summary>
    public IEnumerable<Check> Reasons => Checks.Where(c => c.Outcome is CheckOutcome.Failed);
}
