using System.Formats.Asn1;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Simulator.Dcap;
using Casemate.Simulator.Pki;
using Casemate.Simulator.Snp;

namespace Casemate.Simulator.Tests;

/// <summary>Chains, revocation lists and signatures, judged by the <c>openssl</c> command.</summary>
public sealed class OpenSslTests
{
    public static TheoryData<bool> PlatformCas => [true, false];

    [Theory]
    [MemberData(nameof(PlatformCas))]
    public void Verifies_PckChainAgainstBothRevocationLists(bool platformCa)
    {
        var dcap = TestPlatform.Dcap.With(s => s with { Machine = s.Machine with { PlatformCa = platformCa } });
        using var files = DcapFiles(dcap);
        AssertVerifies(VerifyPck(files), files.PathOf("pck.pem"));
    }

    [Theory]
    [InlineData(DcapCertificate.Pck)]
    [InlineData(DcapCertificate.PckCa)]
    public void Finds_RevokedCertificateOfThePckChain(DcapCertificate revoked)
    {
        using var files = DcapFiles(TestPlatform.Dcap.With(s => s with { Revoked = [revoked] }));
        AssertRefuses(VerifyPck(files), "certificate revoked");
    }

    [Fact]
    public void Refuses_PckChainWithAForgedCa()
    {
        using var files = DcapFiles(TestPlatform.Dcap.With(s => s with { Signers = s.Signers with { PckCa = SignedBy.Stranger } }));
        AssertRefuses(VerifyPck(files), "certificate signature failure");
    }

    [Fact]
    public void Verifies_TcbSignerUnderTheRoot()
    {
        using var files = DcapFiles(TestPlatform.Dcap);
        var answer = Tool.OpenSsl(
            "verify", "-x509_strict", "-attime", Now, "-crl_check", "-CRLfile", files.PathOf("root-crl.pem"),
            "-CAfile", files.PathOf("root.pem"), files.PathOf("tcb.pem"));
        AssertVerifies(answer, files.PathOf("tcb.pem"));
    }

    [Fact]
    public void Verifies_TcbInfoSignature() => AssertDocument(forged: false, "Verified OK");

    [Fact]
    public void Refuses_TcbInfoOfAnotherSigner() => AssertDocument(forged: true, "Verification failure");

    [Theory]
    [InlineData(false, "Verified OK")]
    [InlineData(true, "Verification failure")]
    public void Judges_QuoteSignature(bool changed, string expected)
    {
        using var files = DcapFiles(TestPlatform.Dcap);
        var quote = TestQuotes.Make("sgx3", TestPlatform.Dcap);
        quote[100] ^= (byte)(changed ? 1 : 0);
        files.Write("message", quote.AsSpan(0, 432));
        files.Write("signature", DerSignature(quote.AsSpan(436, 64)));
        using var key = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = quote[500..532], Y = quote[532..564] },
        });
        files.Write("key.pem", Encoding.ASCII.GetBytes(key.ExportSubjectPublicKeyInfoPem()));
        AssertDigest(files, "-sha256", expected);
    }

    public static TheoryData<SnpProduct, bool> Chains => new()
    {
        { SnpProduct.Milan, false }, { SnpProduct.Genoa, false }, { SnpProduct.Turin, false }, { SnpProduct.Milan, true },
    };

    [Theory]
    [MemberData(nameof(Chains))]
    public void Verifies_VekChain(SnpProduct product, bool vlek)
    {
        var snp = TestPlatform.Snp(product);
        using var files = SnpFiles(vlek ? snp.With(s => s with { SigningKey = SnpSigner.Vlek }) : snp);
        AssertVerifies(VerifyVek(files), files.PathOf("vek.pem"));
    }

    [Fact]
    public void Refuses_VekChainWithAForgedAsk()
    {
        using var files = SnpFiles(TestPlatform.Snp(SnpProduct.Milan).With(s => s with { Signers = new() { Ask = SignedBy.Stranger } }));
        AssertRefuses(VerifyVek(files), "certificate signature failure");
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 2)]
    public void Finds_RevokedAsk(bool revoked, int exitCode)
    {
        using var files = SnpFiles(TestPlatform.Snp(SnpProduct.Milan).With(s => s with { Revoked = revoked ? [SnpCertificate.Ask] : [] }));
        var answer = Tool.OpenSsl(
            "verify", "-attime", Now, "-crl_check", "-CRLfile", files.PathOf("crl.pem"), "-CAfile", files.PathOf("ark.pem"),
            files.PathOf("ask.pem"));
        Assert.Equal(exitCode, answer.ExitCode);
        Assert.Contains(revoked ? "certificate revoked" : "OK", answer.Output);
    }

    [Theory]
    [InlineData(false, "Verified OK")]
    [InlineData(true, "Verification failure")]
    public void Judges_ReportSignature(bool changed, string expected)
    {
        var snp = TestPlatform.Snp(SnpProduct.Turin);
        using var files = SnpFiles(snp);
        var report = snp.Report(TestPlatform.Guest, TestPlatform.ReportData, 5);
        report[0x90] ^= (byte)(changed ? 1 : 0);
        files.Write("message", report.AsSpan(0, 0x2A0));
        files.Write("signature", DerSignature([.. report[0x2A0..0x2D0].Reverse(), .. report[0x2E8..0x318].Reverse()]));
        var key = Tool.OpenSsl("x509", "-in", files.PathOf("vek.pem"), "-noout", "-pubkey");
        files.Write("key.pem", Encoding.ASCII.GetBytes(key.Output));
        AssertDigest(files, "-sha384", expected);
    }

    private static string Now => TestPlatform.Noon.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private static void AssertDocument(bool forged, string expected)
    {
        var dcap = TestPlatform.Dcap.With(s => s with
        {
            Signers = s.Signers with { TcbInfo = forged ? SignedBy.Stranger : SignedBy.Owner },
        });
        using var files = DcapFiles(dcap);
        var document = dcap.Collateral(Tee.Tdx, TestPlatform.Noon).TcbInfo;
        files.Write("message", document.Body.Span);
        files.Write("signature", DerSignature(document.Signature.Span));
        var key = Tool.OpenSsl("x509", "-in", files.PathOf("tcb.pem"), "-noout", "-pubkey");
        files.Write("key.pem", Encoding.ASCII.GetBytes(key.Output));
        AssertDigest(files, "-sha256", expected);
    }

    private static void AssertDigest(EvidenceDirectory files, string algorithm, string expected)
    {
        var answer = Tool.OpenSsl(
            "dgst", algorithm, "-verify", files.PathOf("key.pem"), "-signature", files.PathOf("signature"), files.PathOf("message"));
        Assert.StartsWith(expected, answer.Output, StringComparison.OrdinalIgnoreCase);
    }

    private static void AssertVerifies(Tool.Answer answer, string file)
    {
        Assert.Equal($"{file}: OK", answer.Output.Trim());
        Assert.Equal(0, answer.ExitCode);
    }

    private static void AssertRefuses(Tool.Answer answer, string reason)
    {
        Assert.NotEqual(0, answer.ExitCode);
        Assert.Contains(reason, answer.Output);
    }

    private static Tool.Answer VerifyPck(EvidenceDirectory files) => Tool.OpenSsl(
        "verify", "-x509_strict", "-attime", Now, "-crl_check_all", "-CRLfile", files.PathOf("root-crl.pem"),
        "-CRLfile", files.PathOf("pck-crl.pem"), "-CAfile", files.PathOf("root.pem"), "-untrusted", files.PathOf("ca.pem"),
        files.PathOf("pck.pem"));

    private static Tool.Answer VerifyVek(EvidenceDirectory files) => Tool.OpenSsl(
        "verify", "-attime", Now, "-CAfile", files.PathOf("ark.pem"), "-untrusted", files.PathOf("ask.pem"), files.PathOf("vek.pem"));

    private static EvidenceDirectory DcapFiles(SimulatedDcap dcap)
    {
        var collateral = dcap.Collateral(Tee.Tdx, TestPlatform.Noon);
        var files = EvidenceDirectory.Empty();
        files.WritePem("root.pem", "CERTIFICATE", dcap.RootCaDer);
        files.WritePem("ca.pem", "CERTIFICATE", dcap.PckCaDer);
        files.WritePem("pck.pem", "CERTIFICATE", dcap.PckDer);
        files.WritePem("tcb.pem", "CERTIFICATE", dcap.TcbSignerDer);
        files.WritePem("root-crl.pem", "X509 CRL", collateral.RootCaCrl.Span);
        files.WritePem("pck-crl.pem", "X509 CRL", collateral.PckCrl.Span);
        return files;
    }

    private static EvidenceDirectory SnpFiles(SimulatedSnp snp)
    {
        var endorsements = snp.Endorsements(TestPlatform.Noon);
        var files = EvidenceDirectory.Empty();
        files.WritePem("ark.pem", "CERTIFICATE", endorsements.Ark.Span);
        files.WritePem("ask.pem", "CERTIFICATE", endorsements.Ask.Span);
        files.WritePem("vek.pem", "CERTIFICATE", endorsements.Vek.Span);
        files.WritePem("crl.pem", "X509 CRL", endorsements.Crl!.Value.Span);
        return files;
    }

    private static byte[] DerSignature(ReadOnlySpan<byte> fixedSize)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(new BigInteger(fixedSize[..(fixedSize.Length / 2)], isUnsigned: true, isBigEndian: true));
            writer.WriteInteger(new BigInteger(fixedSize[(fixedSize.Length / 2)..], isUnsigned: true, isBigEndian: true));
        }

        return writer.Encode();
    }
}
