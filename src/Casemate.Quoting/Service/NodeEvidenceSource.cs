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

    /// <summary>The guest that the evidence is of; null: it is of none, or says no more than its bytes.</summary>
    public IGuestEvidenceProvider? Guest { get; private init; }

    /// <summary>Evidence of the guest that this program runs in.</summary>
    /// <param name="guest">Makes it.</param>
    public static NodeEvidenceSource Of(IGuestEvidenceProvider guest)
    {
        ArgumentNullException.ThrowIfNull(guest);
        return new NodeEvidenceSource(
            guest.Tee, guest.Name, Simulated: false,
            async (reportData, cancellationToken) => (await guest.GetAsync(reportData, cancellationToken).ConfigureAwait(false)).Evidence)
        {
            Guest = guest,
        };
    }

    /// <summary>Makes evidence, with what the host says of it.</summary>
    internal async Task<QuoteAnswer> MakeWholeAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken)
    {
        if (Guest is null)
        {
            return new QuoteAnswer(await Make(reportData, cancellationToken).ConfigureAwait(false), default);
        }

        var made = await Guest.GetAsync(reportData, cancellationToken).ConfigureAwait(false);
        return new QuoteAnswer(made.Evidence, default) { CertificateTable = made.CertificateTable };
    }
}
