using System.Text;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Sgx;
using Casemate.Attestation.Snp;
using Casemate.Testing;

namespace Casemate.Fuzz;

/// <summary>The parsers of Casemate.Attestation. Each checks more than that nothing crashes.</summary>
public static class AttestationTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("quote", Quote, [.. Cases("sgx-quote", "tdx-quote").Select(c => c.Quote)]),
        new("snp-report", SnpReport, [.. Cases("snp-report").Select(c => c.Report)]),
        new("certificate", Certificate, Certificates()),
        new("sgx-extension", SgxExtension, PckCertificates()),
        new("vek-extensions", Vek, [.. Cases("snp-report").Select(c => c.SnpEndorsements().Vek.ToArray())]),
        new("crl", Crl, [.. Cases("sgx-quote").SelectMany(c => new[] { c.DcapCollateral().RootCaCrl.ToArray(), c.DcapCollateral().PckCrl.ToArray() })]),
        new("pem", Pem, [.. Cases("sgx-quote").Select(c => c.DcapCollateral().TcbInfo.IssuerChainPem.ToArray())]),
        new("tcb-info", TcbInfoBody, [.. Cases("sgx-quote", "tdx-quote").Select(c => c.DcapCollateral().TcbInfo.Body.ToArray())]),
        new("qe-identity", QeIdentityBody, [.. Cases("sgx-quote", "tdx-quote").Select(c => c.DcapCollateral().QeIdentity.Body.ToArray())]),
        .. WrappedTargets.All,
        .. PccsTargets.All,
    ];

    private static bool Quote(ReadOnlySpan<byte> input)
    {
        var error = Attestation.Dcap.Quote.TryRead(input, out var quote, out var offset);
        if (error is not QuoteError.None)
        {
            Require(offset >= 0 && offset <= input.Length, "an error names a place outside of the input", input);
            return false;
        }

        // The parts lie in the input in this order, without overlap; what is left over is what is said to be left over.
        var expected = quote.SignedBytes.Length + 4;
        Require(Offset(input, quote.Signature) == expected && quote.Signature.Length == 64, "the signature is not behind the size field", input);
        Require(Offset(input, quote.AttestationKey) == expected + 64 && quote.AttestationKey.Length == 64, "the attestation key moved", input);
        Require(quote.QeReport.Length == SgxReportBody.Size, "a QE report of another size", input);
        var end = Offset(input, quote.CertificationData) is var start && start < 0 ? -1 : start + quote.CertificationData.Length;
        Require(end < 0 || end + quote.TrailingBytes == input.Length, "bytes are lost between certification data and end", input);
        var whole = input[..^quote.TrailingBytes];
        Require(
            Attestation.Dcap.Quote.TryRead(whole[..^1], out _, out _) is not QuoteError.None, "a quote that lost its last byte is accepted", input);
        DcapCollateralQuery.TryCreate(input);
        return true;
    }

    private static bool SnpReport(ReadOnlySpan<byte> input)
    {
        if (Attestation.Snp.SnpReport.TryRead(input, out var report) is not SnpReportError.None)
        {
            return false;
        }

        Require(input.Length == Attestation.Snp.SnpReport.Size && report.Bytes.SequenceEqual(input), "the report is not the input", input);
        Require(report.Version is >= 2 and <= 5, "an unknown version is accepted", input);
        Span<byte> signature = stackalloc byte[96];
        report.CopySignature(signature);
        Require(signature[47] == input[0x2A0] && signature[95] == input[0x2A0 + 72], "the signature is not reversed", input);
        _ = report.ReservedBits;
        SnpEndorsementQuery.TryCreate(input);
        return true;
    }

    private static bool Certificate(ReadOnlySpan<byte> input)
    {
        if (!Attestation.Pki.Certificate.TryParse(input, out var certificate, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        Require(certificate!.Der.Span.SequenceEqual(input), "the certificate is not the input", input);
        Require(Offset(certificate.Der.Span, certificate.Tbs.Span) > 0, "the signed part is not inside", input);
        Require(!Attestation.Pki.Certificate.TryParse(input[..^1], out _, out _), "a certificate that lost its last byte is accepted", input);
        _ = certificate.CommonName;
        _ = certificate.IssuerCommonName;
        return true;
    }

    private static bool SgxExtension(ReadOnlySpan<byte> input)
    {
        if (!Attestation.Pki.Certificate.TryParse(input, out var certificate, out _))
        {
            return false;
        }

        var error = Attestation.Sgx.SgxExtension.Read(certificate!, platformCa: false, out var platform, out _);
        Require((error.Length == 0) == (platform is not null), "neither a platform nor a reason", input);
        Require(platform is null || platform is { Fmspc.Length: 6, PceId.Length: 2, ComponentSvns.Length: 16, Ppid.Length: 16 }, "a field has another size", input);
        return platform is not null;
    }

    private static bool Vek(ReadOnlySpan<byte> input)
    {
        if (!Attestation.Pki.Certificate.TryParse(input, out var certificate, out _))
        {
            return false;
        }

        var error = VekExtensions.Read(certificate!, out var extensions);
        Require((error.Length == 0) == (extensions is not null), "neither extensions nor a reason", input);
        Require(extensions is null || extensions.HardwareId.Length is 0 or 8 or 64, "a hardware id of another size", input);
        return extensions is not null;
    }

    private static bool Crl(ReadOnlySpan<byte> input)
    {
        if (!CertificateRevocationList.TryParse(input, out var crl, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        Require(!crl!.Revokes([]) || crl.Count > 0, "an empty list revokes", input);
        return true;
    }

    private static bool Pem(ReadOnlySpan<byte> input)
    {
        if (!PemCertificates.TryRead(input, out var certificates, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        Require(certificates.Count is > 0 and <= 8, "none or too many certificates", input);
        return true;
    }

    private static bool TcbInfoBody(ReadOnlySpan<byte> input)
    {
        if (!TcbInfo.TryParse(input.ToArray(), out var tcbInfo, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        for (var i = 1; i < tcbInfo!.Levels.Length; i++)
        {
            Require(tcbInfo.Levels[i - 1].CompareTo(tcbInfo.Levels[i]) < 0, "levels are not in order", input);
        }

        Require(tcbInfo.Levels.All(l => l.SgxComponents.Length == 16 && (l.TdxComponents is null or { Length: 16 })), "a level has not 16 components", input);
        return true;
    }

    private static bool QeIdentityBody(ReadOnlySpan<byte> input)
    {
        if (!EnclaveIdentity.TryParse(input.ToArray(), out var identity, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        Require(identity!.Levels.Length > 0 && identity.MrSigner.Length == 32, "an incomplete identity", input);
        return true;
    }

    private static IEnumerable<CorpusCase> Cases(params string[] kinds) => CorpusCase.OfKind(kinds);

    private static byte[][] PckCertificates() => [.. Cases("sgx-quote", "tdx-quote").Select(c =>
    {
        Attestation.Dcap.Quote.TryRead(c.Quote, out var quote, out _);
        PemCertificates.TryRead(quote.CertificationData, out var chain, out _);
        return chain.Single(k => k.CommonName == "Intel SGX PCK Certificate").Der.ToArray();
    })];

    private static byte[][] Certificates() =>
    [
        .. PckCertificates(),
        .. Cases("snp-report").Select(c => c.SnpEndorsements().Vek.ToArray()),
        .. Cases("snp-report").SelectMany(c =>
        {
            PemCertificates.TryRead(Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(c.SnpEndorsements().Ask.Span)), out var ask, out _);
            return ask.Select(a => a.Der.ToArray());
        }),
    ];

    internal static int Offset(ReadOnlySpan<byte> whole, ReadOnlySpan<byte> part) => whole.Overlaps(part, out var offset) ? offset : -1;

    internal static void Require(bool holds, string property, ReadOnlySpan<byte> input)
    {
        if (!holds)
        {
            throw new FuzzFailure(property, input);
        }
    }
}
