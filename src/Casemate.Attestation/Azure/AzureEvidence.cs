namespace Casemate.Attestation.Azure;

/// <summary>
/// Evidence of an Azure confidential VM: what its paravisor (HCL) and its virtual TPM say, as bytes from an untrusted place.
/// Source: Confidential Containers, <c>az-snp-vtpm</c> and <c>az-tdx-vtpm</c>.
/// </summary>
public sealed partial record AzureEvidence
{
    /// <summary>
    /// Version of the evidence, 1 or 2. From 2 on the guest has also bound the nonce into the HCL report (<c>user-data</c>). Not signed:
    /// whoever wants that binding for certain sets <see cref="Policy.VtpmPolicy.RequireUserData"/>.
    /// </summary>
    public required int Version { get; init; }

    /// <summary>The HCL report, see <see cref="Azure.HclReport"/>.</summary>
    public required ReadOnlyMemory<byte> HclReport { get; init; }

    /// <summary>The vTPM's quote.</summary>
    public required VtpmQuote Quote { get; init; }

    /// <summary>The VCEK of the SEV-SNP report, DER or PEM; null for TDX, and where it comes from somewhere else.</summary>
    public ReadOnlyMemory<byte>? Vcek { get; init; }

    /// <summary>The TDX quote, made by a service of the host from the TDREPORT in the HCL report; null for SEV-SNP.</summary>
    public ReadOnlyMemory<byte>? TdQuote { get; init; }

    /// <summary>
    /// An event log of the TD (CCEL), which explains the RTMRs in <see cref="TdQuote"/>; null when there is none. Looked at only where the
    /// policy has rules for it (<see cref="Policy.TdxPolicy.EventLog"/>): guests on Azure put a log of another kind into the same member,
    /// their own entries in PCRs, which nothing here rests on.
    /// </summary>
    public ReadOnlyMemory<byte>? EventLog { get; init; }
}
