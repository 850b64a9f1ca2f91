using Casemate.Attestation.Pki;
using Casemate.Attestation.Sgx;

namespace Casemate.Attestation.Dcap;

/// <summary>
/// Which PCK certificate a quote of certification data type 1, 2 or 3 needs: it names its platform and TCB instead of carrying the
/// certificate. Made from unverified bytes: good for a look-up, for nothing else. The members are those that Intel's services ask for.
/// Source: Intel PCS API v4, "Get PCK Certificate"; PCCS, <c>GET /pckcert</c>.
/// </summary>
public sealed record PckCertificateQuery
{
    /// <summary>
    /// Identifier of the quoting enclave's platform, 16 bytes, from the header's user data: how a PCCS finds a platform that it knows.
    /// </summary>
    public required ReadOnlyMemory<byte> QeId { get; init; }

    /// <summary>CPUSVN of the TCB that signed, 16 bytes.</summary>
    public required ReadOnlyMemory<byte> CpuSvn { get; init; }

    /// <summary>PCESVN of the TCB that signed.</summary>
    public required ushort PceSvn { get; init; }

    /// <summary>PCEID, 2 bytes in memory order; empty in the short form of type 1, which leaves it out.</summary>
    public required ReadOnlyMemory<byte> PceId { get; init; }

    /// <summary>PPID in clear, 16 bytes (type 1); else empty. Identifies one machine: keep it out of logs.</summary>
    public ReadOnlyMemory<byte> Ppid { get; init; }

    /// <summary>
    /// PPID under the public key of Intel's service: 256 bytes of RSA-2048-OAEP (type 2), 384 of RSA-3072-OAEP (type 3); else empty.
    /// </summary>
    public ReadOnlyMemory<byte> EncryptedPpid { get; init; }

    /// <summary>The quoting enclave's report, 384 bytes: only the key of the right certificate verifies it.</summary>
    internal ReadOnlyMemory<byte> QeReport { get; init; }

    /// <summary>The signature over <see cref="QeReport"/>.</summary>
    internal ReadOnlyMemory<byte> QeReportSignature { get; init; }

    /// <summary>
    /// True when a certificate is the one asked for: it agrees on platform and TCB, and its key signed the quoting enclave's report.
    /// Tells machines apart whose PPID is encrypted. Says nothing about whether the certificate is genuine.
    /// </summary>
    /// <param name="certificate">A certificate, DER or PEM.</param>
    public bool IsAnsweredBy(ReadOnlySpan<byte> certificate) =>
        PemCertificates.TryReadOne(certificate, out var read, out _) && Agrees(read!) && IsSignedBy(read!);

    /// <summary>Two queries are equal when they ask the same: the quoting enclave's report does not count.</summary>
    /// <param name="other">Another query, or null.</param>
    public bool Equals(PckCertificateQuery? other) =>
        other is not null && PceSvn == other.PceSvn && CpuSvn.Span.SequenceEqual(other.CpuSvn.Span)
        && QeId.Span.SequenceEqual(other.QeId.Span) && PceId.Span.SequenceEqual(other.PceId.Span)
        && Ppid.Span.SequenceEqual(other.Ppid.Span) && EncryptedPpid.Span.SequenceEqual(other.EncryptedPpid.Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(QeId.Span);
        hash.AddBytes(CpuSvn.Span);
        hash.Add(PceSvn);
        return hash.ToHashCode();
    }

    /// <summary>Reads the query from a quote; null when the quote carries the certificate itself.</summary>
    internal static PckCertificateQuery? TryRead(in Quote quote)
    {
        if (!PlatformTcb.TryRead(quote.CertificationDataType, quote.CertificationData, out var tcb))
        {
            return null;
        }

        var encrypted = quote.CertificationDataType is not CertificationDataType.PpidClear;
        var ppid = tcb.Ppid.ToArray();
        return new PckCertificateQuery
        {
            QeId = quote.Header[28..44].ToArray(),                          // user data: its first 16 bytes
            CpuSvn = tcb.CpuSvn.ToArray(),
            PceSvn = tcb.PceSvn,
            PceId = tcb.PceId.ToArray(),
            Ppid = encrypted ? default : ppid,
            EncryptedPpid = encrypted ? ppid : default,
            QeReport = quote.QeReport.ToArray(),
            QeReportSignature = quote.QeReportSignature.ToArray(),
        };
    }

    /// <summary>Whether a certificate describes the platform and TCB that are asked for, as far as the query knows them.</summary>
    internal bool Agrees(Certificate certificate) =>
        SgxExtension.Read(certificate, platformCa: false, out var platform, out var cpuSvn).Length == 0
        && platform!.PceSvn == PceSvn
        && cpuSvn.AsSpan().SequenceEqual(CpuSvn.Span)
        && (PceId.IsEmpty || PceId.Span.SequenceEqual(platform.PceId))
        && (Ppid.IsEmpty || Ppid.Span.SequenceEqual(platform.Ppid));

    /// <summary>Whether the certificate's key signed the quoting enclave's report.</summary>
    internal bool IsSignedBy(Certificate certificate) =>
        VerifyingKey.TryCreate(certificate, out var key) && key!.Kind is KeyKind.P256
        && key.VerifyRaw(QeReport.Span, QeReportSignature.Span);
}
