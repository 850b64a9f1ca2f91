using Casemate.Attestation;
using Casemate.Attestation.Azure;

namespace Casemate.Collateral;

/// <summary>Evidence as it was found in a file, unwrapped from whatever carried it. Nothing of it is verified.</summary>
/// <param name="Name">The file, for messages.</param>
/// <param name="Tee">The kind of hardware that it claims to come from; null for a GPU and for an endorsement.</param>
/// <param name="Evidence">
/// The quote, report or endorsement itself. Of Azure evidence the SEV-SNP report or the TD's quote; empty where an HCL report of a TD came
/// without one.
/// </param>
/// <param name="Form">What carried it, for people, such as <c>base64 text</c>.</param>
/// <param name="Included">Collateral that came in the same file; empty when there was none.</param>
public sealed record EvidenceFile(string Name, Tee? Tee, ReadOnlyMemory<byte> Evidence, string Form, CollateralSet Included)
{
    /// <summary>The <see cref="Form"/> of evidence that nothing was wrapped around.</summary>
    public const string Binary = "binary";

    /// <summary>What it is. Unless said otherwise: a report for SEV-SNP, a quote for SGX and TDX.</summary>
    public EvidenceKind Kind { get; init; } = Tee is Attestation.Tee.Snp ? EvidenceKind.SnpReport : EvidenceKind.Quote;

    /// <summary>The confidential computing event log that came beside a TDX quote, at most 512 KiB; empty when none did.</summary>
    public ReadOnlyMemory<byte> EventLog { get; init; }

    /// <summary>The HCL report of Azure evidence; empty for other kinds.</summary>
    public ReadOnlyMemory<byte> HclReport { get; init; }

    /// <summary>
    /// Azure evidence with its vTPM quote; null for other kinds, and where an HCL report came without a quote, which nothing can accept.
    /// </summary>
    public AzureEvidence? Azure { get; init; }
}
