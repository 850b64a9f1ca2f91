using Casemate.Attestation;

namespace Casemate.Quoting.Service;

/// <summary>Makes evidence of the node that this process runs on, or of the guest that it runs in.</summary>
/// <param name="Tee">What the evidence is of.</param>
/// <param name="Name">What the back end is called in logs and metrics.</param>
/// <param name="Simulated">True when the evidence proves nothing.</param>
/// <param name="Make">
/// Makes a quote (SGX, TDX) or report (SEV-SNP) over exactly 64 bytes, which are placed in it unchanged. Throws
/// <see cref="QuoteProviderException"/> or <see cref="EvidenceProviderException"/> when the TEE or its service refuses.
/// </param>
public sealed record NodeEvidenceSource(
    Tee Tee, string Name, bool Simulated, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> Make)
{
    /// <summary>Bytes of report data.</summary>
    public const int ReportDataSize = 64;
}
