using Casemate.Attestation;

namespace Casemate.Cli.Quotes;

/// <summary>What a quote helper says of itself.</summary>
/// <param name="Evidence">The kinds of evidence that it makes of its node, the first the default, and whether they are simulated.</param>
/// <param name="CanQuoteEnclaves">True when it quotes enclaves, and its attestation key is there.</param>
internal sealed record HelperDescription(IReadOnlyList<(Tee Tee, bool Simulated)> Evidence, bool CanQuoteEnclaves)
{
    /// <summary>Whether it takes reports of enclaves at all, with its key or before it has one. Default: no.</summary>
    public bool TakesReports { get; init; }

    /// <summary>Whether it adds collateral. Of SEV-SNP it may have what a host handed over without it. Default: no.</summary>
    public bool HasCollateral { get; init; }

    /// <summary>The enclave that reports are for, 512 bytes; empty: it names none that is one.</summary>
    public ReadOnlyMemory<byte> SgxTargetInfo { get; init; }
}
