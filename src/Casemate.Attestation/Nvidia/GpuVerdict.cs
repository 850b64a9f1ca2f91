using System.Collections.Immutable;

namespace Casemate.Attestation.Nvidia;

/// <summary>The whole answer of one verification of a GPU's report.</summary>
public sealed record GpuVerdict
{
    /// <summary>Every question that was asked, in the order in which they were asked.</summary>
    public required ImmutableArray<Check> Checks { get; init; }

    /// <summary>True when the chain does not end in NVIDIA's own root.</summary>
    public required bool Simulated { get; init; }

    /// <summary>What the GPU signed; null unless every authenticity check passed.</summary>
    public GpuClaims? Claims { get; init; }

    /// <summary>True only if the report is genuine and no check failed.</summary>
    public bool Accepted => Claims is not null && !Checks.IsDefaultOrEmpty && !Reasons.Any();

    /// <summary>The failed checks, in the order in which they were asked.</summary>
    public IEnumerable<Check> Reasons => Checks.Where(c => c.Outcome is CheckOutcome.Failed);
}
