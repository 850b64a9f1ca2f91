using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;

namespace Casemate.Simulator.Tests;

/// <summary>Simulated SGX and TDX evidence has the form of the real thing.</summary>
public sealed class DcapFormTests
{
    // The configuration of the real platform, so that even the Booleans agree.
    private static readonly SimulatedDcap PlatformCa = TestPlatform.Dcap.With(s => s with
    {
        Machine = s.Machine with { DynamicPlatform = true, SmtEnabled = false },
    });

    private static readonly SimulatedDcap ProcessorCa =
        TestPlatform.Dcap.With(s => s with { Machine = s.Machine with { PlatformCa = false } });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void PckChain_HasTheSkeletonOfARealOne(int position)
    {
        foreach (var (real, dcap) in new[] { (RealEvidence.SgxPlatformCa, PlatformCa), (RealEvidence.SgxProcessorCa, ProcessorCa) })
        {
            byte[][] simulated = [dcap.PckDer, dcap.PckCaDer, dcap.RootCaDer];
            Assert.Equal(Skeleton.OfDer(RealEvidence.PckChain(real)[position]), Skeleton.OfDer(simulated[position]));
        }
    }

    [Fact]
    public void TcbSigner_HasTheSkeletonOfARealOne()
    {
        var real = Skeleton.Certificates(RealEvidence.Collateral(RealEvidence.SgxPlatformCa, "tcb_info_issuer_chain"))[0];
        Assert.Equal(Skeleton.OfDer(real), Skeleton.OfDer(PlatformCa.TcbSignerDer));
    }

    [Fact]
    public void Certificates_HaveTheConstraintsOfRealOnes()
    {
        var realSigner = Skeleton.Certificates(RealEvidence.Collateral(RealEvidence.SgxPlatformCa, "tcb_info_issuer_chain"))[0];
        List<byte[]> real = [.. RealEvidence.PckChain(RealEvidence.SgxPlatformCa), realSigner];
        byte[][] simulated = [PlatformCa.PckDer, PlatformCa.PckCaDer, PlatformCa.RootCaDer, PlatformCa.TcbSignerDer];
        for (var i = 0; i < simulated.Length; i++)
        {
            using var model = X509CertificateLoader.LoadCertificate(real[i]);
            using var copy = X509CertificateLoader.LoadCertificate(simulated[i]);
            AssertSameRole(model, copy);
            Assert.Equal(CommonName(model.SubjectName), CommonName(copy.SubjectName));
            Assert.Equal(CommonName(model.IssuerName), CommonName(copy.IssuerName));
            Assert.Contains("O=Casemate Simulator (not hardware)", copy.Subject);
            Assert.DoesNotContain("Intel Corporation", copy.Subject + copy.Issuer);
        }
    }

    [Fact]
    public void EveryName_SaysThatItIsSimulated()
    {
        foreach (var der in new[] { PlatformCa.PckDer, PlatformCa.PckCaDer, PlatformCa.RootCaDer, PlatformCa.TcbSignerDer })
        {
            using var certificate = X509CertificateLoader.LoadCertificate(der);
            Assert.Contains("not hardware", certificate.Subject);
            Assert.DoesNotContain("intel.com", Encoding.ASCII.GetString(der));
        }
    }

    [Fact]
    public void CaSerialNumbers_AreTheirKeyIdentifiersAsAtIntel()
    {
        using var ca = X509CertificateLoader.LoadCertificate(PlatformCa.PckCaDer);
        var identifier = ca.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifier!;
        Assert.EndsWith(identifier, ca.SerialNumber);
    }

    [Theory]
    [InlineData("root_ca_crl")]
    [InlineData("pck_crl")]
    public void Crl_WithoutEntriesHasTheSkeletonOfARealOne(string member)
    {
        var collateral = ProcessorCa.Collateral(Tee.Sgx, TestPlatform.Noon);
        var simulated = member == "pck_crl" ? collateral.PckCrl : collateral.RootCaCrl;
        var real = Convert.FromHexString(RealEvidence.Collateral(RealEvidence.SgxProcessorCa, member));
        Assert.Equal(Skeleton.OfDer(real), Skeleton.OfDer(simulated));
    }

    [Fact]
    public void Crl_WithEntriesHasTheSkeletonOfARealOne()
    {
        // The real list has many entries; one of the same shape is compared.
        var revoked = PlatformCa.With(s => s with { Revoked = [Dcap.DcapCertificate.Pck] });
        var real = Skeleton.OfDer(Convert.FromHexString(RealEvidence.Collateral(RealEvidence.SgxPlatformCa, "pck_crl")));
        var simulated = Skeleton.OfDer(revoked.Collateral(Tee.Sgx, TestPlatform.Noon).PckCrl).Split('\n');
        var entry = string.Join('\n', simulated[^30..].SkipWhile(l => !l.Contains("2.5.29.21")).Take(2));
        Assert.Contains("2.5.29.21", entry);
        Assert.Contains(entry, real);
    }

    [Theory]
    [InlineData("tcb_info")]
    [InlineData("qe_identity")]
    public void Documents_HaveTheMembersOfRealOnes(string member)
    {
        foreach (var (real, tee) in new[] { (RealEvidence.SgxPlatformCa, Tee.Sgx), (RealEvidence.TdxV4, Tee.Tdx) })
        {
            var collateral = PlatformCa.Collateral(tee, TestPlatform.Noon);
            var simulated = member == "tcb_info" ? collateral.TcbInfo.Body : collateral.QeIdentity.Body;
            var model = Skeleton.OfJson(Encoding.UTF8.GetBytes(RealEvidence.Collateral(real, member)));
            Assert.Equal(Parts(model), Parts(Skeleton.OfJson(simulated)));
        }
    }

    [Fact]
    public void TcbInfoOfVersion2_HasTheMembersOfARealOne()
    {
        // The real one has no level with advisories.
        var dcap = PlatformCa.With(s => s with
        {
            SgxTcbInfo = s.SgxTcbInfo with { Id = null, Version = 2, Levels = s.SgxTcbInfo.Levels[..1] },
        });
        var model = Skeleton.OfJson(Encoding.UTF8.GetBytes(RealEvidence.Collateral("sgx/oe-sgx-tcbinfo-v2-debug", "tcb_info")));
        Assert.Equal(Parts(model), Parts(Skeleton.OfJson(dcap.Collateral(Tee.Sgx, TestPlatform.Noon).TcbInfo.Body)));
    }

    [Theory]
    [InlineData(RealEvidence.SgxPlatformCa, "sgx3")]
    [InlineData(RealEvidence.TdxV4, "tdx4")]
    [InlineData(RealEvidence.TdxV5, "tdx5-1.5")]
    public void Quote_HasTheFixedFieldsOfARealOne(string real, string kind)
    {
        var model = RealEvidence.Quote(real);
        var quote = TestQuotes.Make(kind, PlatformCa);
        var sgx = kind == "sgx3";

        Assert.Equal(model[..8], quote[..8]);                              // version, key type, TEE type
        Assert.Equal(model[12..28], quote[12..28]);                        // vendor of the quoting enclave
        var body = kind == "tdx5-1.5" ? 54 : 48;
        Assert.Equal(model[48..body], quote[48..body]);                    // body type and size
        var end = body + (sgx ? 384 : kind == "tdx4" ? 584 : 648);
        var qe = end + 4 + 128 + (sgx ? 0 : 6);
        Assert.Equal(6, sgx ? 6 : BinaryPrimitives.ReadUInt16LittleEndian(quote.AsSpan(qe - 6)));
        Assert.Equal(model[(qe + 48)..(qe + 64)], quote[(qe + 48)..(qe + 64)]);                 // ATTRIBUTES of the quoting enclave
        Assert.Equal(model[(qe + 256)..(qe + 258)], quote[(qe + 256)..(qe + 258)]);             // ISVPRODID
        Assert.Equal(model[(qe + 448)..(qe + 484)], quote[(qe + 448)..(qe + 484)]);             // authentication data, type 5
        Assert.Equal(0, quote[^1]);                                        // the chain ends in NUL, as Intel's does
        Assert.Equal(quote.Length - end - 4, BinaryPrimitives.ReadInt32LittleEndian(quote.AsSpan(end)));
    }

    [Fact]
    public void Documents_AreSignedOverTheirExactBytes()
    {
        var collateral = PlatformCa.Collateral(Tee.Tdx, TestPlatform.Noon);
        using var signer = X509CertificateLoader.LoadCertificate(PlatformCa.TcbSignerDer);
        using var key = signer.GetECDsaPublicKey()!;
        foreach (var document in new[] { collateral.TcbInfo, collateral.QeIdentity })
        {
            Assert.Equal(64, document.Signature.Length);
            Assert.True(key.VerifyData(document.Body.Span, document.Signature.Span, HashAlgorithmName.SHA256));
            Assert.False(key.VerifyData([.. document.Body.Span, (byte)' '], document.Signature.Span, HashAlgorithmName.SHA256));
        }
    }

    [Fact]
    public void Collateral_IsTheSameInstanceWithinADayAndAnotherOneAfterwards()
    {
        var midnight = new DateTimeOffset(2026, 11, 19, 0, 0, 0, TimeSpan.Zero);
        var dcap = TestPlatform.Dcap.With(s => s);
        var collateral = dcap.Collateral(Tee.Sgx, TestPlatform.Noon);
        Assert.Same(collateral, dcap.Collateral(Tee.Sgx, midnight.AddTicks(-1)));
        Assert.NotSame(collateral, dcap.Collateral(Tee.Tdx, TestPlatform.Noon));
        Assert.NotSame(collateral, dcap.Collateral(Tee.Sgx, midnight));
    }

    [Fact]
    public void Quote_IsReadAsAQueryForItsCollateral()
    {
        var query = DcapCollateralQuery.TryCreate(TestQuotes.Make("tdx4", PlatformCa));
        Assert.Equal(new DcapCollateralQuery(Tee.Tdx, "990077000000", PlatformCa: true), query);
    }

    [Fact]
    public void WrongSizes_AreNamed()
    {
        var dcap = TestPlatform.Dcap;
        var data = TestPlatform.ReportData;
        AssertNamed("reportData has 63 bytes", () => dcap.QuoteSgx(TestPlatform.Enclave, data.AsSpan(0, 63)));
        AssertNamed("MrEnclave has 31 bytes", () => dcap.QuoteSgx(TestPlatform.Enclave with { MrEnclave = new byte[31] }, data));
        AssertNamed("MrTd has 49 bytes", () => dcap.QuoteTdx(TestPlatform.Td with { MrTd = new byte[49] }, data));
        AssertNamed("four RTMRs", () => dcap.QuoteTdx(TestPlatform.Td with { Rtmrs = [] }, data));
        AssertNamed("Fmspc has 5 bytes", () => dcap.With(s => s with { Machine = s.Machine with { Fmspc = new byte[5] } }));
        AssertNamed("version 3, 4 or 5", () => dcap.QuoteSgx(TestPlatform.Enclave, data, 2));
        AssertNamed("version 4 or 5", () => dcap.QuoteTdx(TestPlatform.Td, data, 3));
        AssertNamed("does not fit", () => dcap.With(s => s with { QuotePatches = [new BytePatch(430, new byte[3])] })
            .QuoteSgx(TestPlatform.Enclave, data));
        AssertNamed("SGX and TDX", () => dcap.Collateral(Tee.Snp, TestPlatform.Noon));
    }

    private static void AssertNamed(string expected, Func<object> make) =>
        Assert.Contains(expected, Assert.ThrowsAny<ArgumentException>(make).Message);

    private static void AssertSameRole(X509Certificate2 model, X509Certificate2 copy)
    {
        Assert.Equal(model.SignatureAlgorithm.Value, copy.SignatureAlgorithm.Value);
        Assert.Equal(model.Extensions.Select(e => (e.Oid!.Value, e.Critical)), copy.Extensions.Select(e => (e.Oid!.Value, e.Critical)));
        var (constraints, copied) = (Constraints(model), Constraints(copy));
        Assert.Equal(constraints.CertificateAuthority, copied.CertificateAuthority);
        Assert.Equal(constraints.HasPathLengthConstraint, copied.HasPathLengthConstraint);
        Assert.Equal(constraints.PathLengthConstraint, copied.PathLengthConstraint);
        Assert.Equal(
            model.Extensions.OfType<X509KeyUsageExtension>().Single().RawData,
            copy.Extensions.OfType<X509KeyUsageExtension>().Single().RawData);
    }

    private static X509BasicConstraintsExtension Constraints(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single();

    private static string CommonName(X500DistinguishedName name) =>
        name.EnumerateRelativeDistinguishedNames().Single(r => r.GetSingleElementType().Value == "2.5.4.3").GetSingleElementValue()!;

    // All member names that occur, each with its parent's: which levels carry advisories differs from document to document.
    private static SortedSet<string> Parts(string skeleton) =>
        [.. skeleton.Split(['{', '}', '[', ']', '|', ','], StringSplitOptions.RemoveEmptyEntries)];
}
