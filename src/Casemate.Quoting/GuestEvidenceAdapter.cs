using System.Security.Cryptography;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Snp;

namespace Casemate.Quoting;

/// <summary>Evidence of a guest in the JSON of the key broker protocol.</summary>
public sealed class GuestEvidenceAdapter : IEvidenceProvider
{
    /// <summary>Where Linux has the event log of a TD (the data of the ACPI table CCEL).</summary>
    public const string DefaultEventLogPath = "/sys/firmware/acpi/tables/data/CCEL";

    private readonly IGuestEvidenceProvider _guest;
    private readonly string? _eventLogPath;

    /// <summary>Makes an adapter.</summary>
    /// <param name="guest">Who makes the evidence.</param>
    /// <param name="eventLogPath">TDX: a file with the TD's event log, sent along when it is there; null: none is sent.</param>
    public GuestEvidenceAdapter(IGuestEvidenceProvider guest, string? eventLogPath = DefaultEventLogPath)
    {
        ArgumentNullException.ThrowIfNull(guest);
        (_guest, _eventLogPath) = (guest, eventLogPath);
    }

    /// <inheritdoc/>
    public string Tee => KbsTee.NameOf(_guest.Tee);

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>> GetEvidenceAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken)
    {
        var evidence = await _guest.GetAsync(reportData, cancellationToken).ConfigureAwait(false);
        if (evidence.Tee is Attestation.Tee.Snp)
        {
            return WriteSnp(evidence);
        }

        var eventLog = await ReadEventLogAsync(cancellationToken).ConfigureAwait(false);
        return KbsEvidence.WriteTdx(evidence.Evidence.Span, eventLog);
    }

    private static byte[] WriteSnp(GuestEvidence evidence)
    {
        try
        {
            return KbsEvidence.WriteSnp(evidence.Evidence.Span, Endorsements(evidence));
        }
        catch (ArgumentException e)
        {
            throw new EvidenceProviderException(
                $"The report cannot be sent in the key broker protocol: {e.Message} The firmware is newer than the protocol.",
                isTransient: false, e);
        }
    }

    // What the host hands over is a convenience: a relying party can get the same certificates from AMD. A table with a hole or of
    // another form is left out, and never a reason to have no evidence.
    /// <summary>What the host handed over with a SEV-SNP report, if it is whole.</summary>
    /// <param name="evidence">The report and its table.</param>
    /// <returns>Certificates as untrusted as the host; null: none that could be used.</returns>
    public static SnpEndorsements? Endorsements(GuestEvidence evidence)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        if (evidence.CertificateTable.IsEmpty
            || SnpReport.TryRead(evidence.Evidence.Span, out var report) is not SnpReportError.None
            || !SnpCertificateTable.TryRead(evidence.CertificateTable, out var table, out _)
            || !table.TryComplete(report.Signer, elsewhere: null, out var endorsements, out _))
        {
            return null;
        }

        return IsCertificate(endorsements.Vek) && IsCertificate(endorsements.Ask) && IsCertificate(endorsements.Ark)
            ? endorsements with { Crl = endorsements.Crl is { } crl && IsCertificate(crl) ? (ReadOnlyMemory<byte>?)crl : null }
            : null;
    }

    private static bool IsCertificate(ReadOnlyMemory<byte> bytes) =>
        bytes.Length is > 0 and <= KbsEvidence.MaxCertificateSize
            && (bytes.Span[0] == 0x30 || PemEncoding.TryFindUtf8(bytes.Span, out _));

    private async ValueTask<byte[]> ReadEventLogAsync(CancellationToken cancellationToken)
    {
        if (_eventLogPath is null || !File.Exists(_eventLogPath))
        {
            return [];
        }

        try
        {
            using var file = File.OpenHandle(_eventLogPath);
            var buffer = new byte[KbsEvidence.MaxEventLogSize + 1];
            int length = 0, count;
            do
            {
                count = await RandomAccess.ReadAsync(file, buffer.AsMemory(length), length, cancellationToken).ConfigureAwait(false);
                length += count;
            }
            while (count > 0 && length < buffer.Length);

            return length < buffer.Length
                ? buffer[..length]
                : throw new EvidenceProviderException(
                    $"The event log {_eventLogPath} has more than {KbsEvidence.MaxEventLogSize} bytes.", isTransient: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EvidenceProviderException(
                $"The event log {_eventLogPath} cannot be read: {e.Message.TrimEnd('.')}. Run as root, or send evidence without it.",
                isTransient: false, e);
        }
    }
}
