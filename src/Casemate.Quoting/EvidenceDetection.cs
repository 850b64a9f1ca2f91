using System.Collections.Immutable;

namespace Casemate.Quoting;

/// <summary>What evidence this machine can make.</summary>
/// <param name="Guest">Makes evidence of the guest that this program runs in; null when it runs in none.</param>
/// <param name="Findings">What was found of each kind, in the order TDX, SNP, SGX.</param>
public sealed record EvidenceDetection(IGuestEvidenceProvider? Guest, ImmutableArray<EvidenceFinding> Findings);
