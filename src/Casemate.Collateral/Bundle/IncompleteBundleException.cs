using System.Collections.Immutable;

namespace Casemate.Collateral.Bundle;

/// <summary>A bundle was not made, because revocation lists are missing that its pieces need.</summary>
public sealed class IncompleteBundleException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="missing">What is missing, at least one thing.</param>
    public IncompleteBundleException(IReadOnlyList<CollateralGap> missing)
        : base($"revocation lists are missing: {string.Join(", ", missing?.Select(gap => gap.Missing.ToString()) ?? [])}") =>
        Missing = [.. missing!];

    /// <summary>What is missing.</summary>
    public ImmutableArray<CollateralGap> Missing { get; }
}
