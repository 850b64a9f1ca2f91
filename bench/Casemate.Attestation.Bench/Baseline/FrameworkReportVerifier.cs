using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Casemate.Attestation.Snp;
using static Casemate.Attestation.Bench.Baseline.FrameworkQuoteVerifier;

namespace Casemate.Attestation.Bench.Baseline;

/// <summary>
/// The work of a well-known verifier (google/go-sev-guest with the chain given and without a revocation list), written anew with the
/// framework's ordinary types: three certificates parsed, the signatures of ARK, ASK, VCEK and report verified, once each, on every call.
/// </summary>
/// <param name="trustedRoot">The pinned ARK, DER.</param>
internal sealed class FrameworkReportVerifier(byte[] trustedRoot)
{
    private const string Extension = "1.3.6.1.4.1.3704.1";

    /// <summary>Verifies one report that is signed by a VCEK.</summary>
    /// <returns>The measurement.</returns>
    /// <exception cref="CryptographicException">A check failed.</exception>
    public byte[] Verify(ReadOnlySpan<byte> bytes, SnpEndorsements endorsements, DateTimeOffset now)
    {
        Require(SnpReport.TryRead(bytes, out var report) is SnpReportError.None, "report");
        using var vek = new ParsedCertificate(X509CertificateLoader.LoadCertificate(endorsements.Vek.Span));
        using var ask = ParsedCertificate.ReadPem(endorsements.Ask.Span)[0];
        using var ark = ParsedCertificate.ReadPem(endorsements.Ark.Span)[0];
        Require(ark.Certificate.RawDataMemory.Span.SequenceEqual(trustedRoot), "root");
        Require(ark.IsValidAt(now) && ask.IsValidAt(now) && vek.IsValidAt(now), "validity");
        Require(ark.IsIssuedByRsa(ark) && ask.IsIssuedByRsa(ark) && vek.IsIssuedByRsa(ask), "chain");

        Span<byte> signature = stackalloc byte[96];
        report.CopySignature(signature);
        Require(
            vek.EcdsaKey.VerifyData(
                report.SignedBytes, signature, HashAlgorithmName.SHA384, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
            "report signature");

        Require(report.Product is not null, "product");
        var isTurin = report.Product is SnpProduct.Turin;
        var tcb = new SnpTcb(
            isTurin ? Number(vek, ".3.9") : null, Number(vek, ".3.1"), Number(vek, ".3.2"), Number(vek, ".3.3"), Number(vek, ".3.8"));
        Require(tcb == SnpTcb.Decode(report.ReportedTcb, report.Product!.Value), "TCB of the VCEK");
        Require(report.ChipId[..(isTurin ? 8 : 64)].SequenceEqual(vek.Extension(Extension + ".4")), "chip id");
        return report.Measurement.ToArray();
    }

    private static byte Number(ParsedCertificate vek, string oid) =>
        (byte)AsnDecoder.ReadInteger(vek.Extension(Extension + oid), AsnEncodingRules.DER, out _);
}
