using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Casemate.Attestation.Snp;
using Casemate.Simulator.Snp;

namespace Casemate.Simulator.Tests;

/// <summary>Simulated SEV-SNP evidence has the form of the real thing.</summary>
public sealed class SnpFormTests
{
    [Theory]
    [InlineData(SnpProduct.Milan, "snp/dstack-milan-v3-vcek")]
    [InlineData(SnpProduct.Genoa, "snp/oak-genoa-v5-vcek")]
    [InlineData(SnpProduct.Turin, "snp/oak-turin-v5-vcek")]
    public void Chain_HasTheSkeletonOfARealOne(SnpProduct product, string real)
    {
        var endorsements = TestPlatform.Snp(product).Endorsements(TestPlatform.Noon);
        AssertSameForm(RealEvidence.Pem(real + "/ark.pem"), endorsements.Ark);
        AssertSameForm(RealEvidence.Pem(real + "/ask.pem"), endorsements.Ask);
        AssertSameForm(RealEvidence.File(real + "/vcek.der"), endorsements.Vek);
    }

    [Fact]
    public void VlekChain_HasTheSkeletonOfARealOne()
    {
        const string real = "snp/constellation-aws-milan-v3-vlek";
        var snp = TestPlatform.Snp(SnpProduct.Milan).With(s => s with { SigningKey = SnpSigner.Vlek });
        var endorsements = snp.Endorsements(TestPlatform.Noon);
        AssertSameForm(RealEvidence.Pem(real + "/ask.pem"), endorsements.Ask);
        AssertSameForm(RealEvidence.File(real + "/vlek.der"), endorsements.Vek);
    }

    [Fact]
    public void SignatureAlgorithm_IsAmdsByteForByte()
    {
        // ARK, ASK: with the trailer field that DER would leave out. VEK: without it, as in AMD's newer certificates.
        const string real = "snp/oak-turin-v5-vcek";
        var endorsements = TestPlatform.Snp(SnpProduct.Turin).Endorsements(TestPlatform.Noon);
        Assert.Equal(Algorithm(RealEvidence.Pem(real + "/ark.pem")), Algorithm(endorsements.Ark.ToArray()));
        Assert.Equal(Algorithm(RealEvidence.Pem(real + "/ask.pem")), Algorithm(endorsements.Ask.ToArray()));
        Assert.Equal(Algorithm(RealEvidence.File(real + "/vcek.der")), Algorithm(endorsements.Vek.ToArray()));
        Assert.Equal(70, Algorithm(endorsements.Ark.ToArray()).Length - 2);
        Assert.Equal(65, Algorithm(endorsements.Vek.ToArray()).Length - 2);
    }

    [Theory]
    [InlineData(SnpProduct.Milan)]
    [InlineData(SnpProduct.Genoa)]
    [InlineData(SnpProduct.Turin)]
    public void Authorities_AreMarkedAsSimulated(SnpProduct product)
    {
        var endorsements = TestPlatform.Snp(product).Endorsements(TestPlatform.Noon);
        foreach (var der in new[] { endorsements.Ark, endorsements.Ask })
        {
            using var certificate = X509CertificateLoader.LoadCertificate(der.Span);
            var comment = certificate.Extensions["2.16.840.1.113730.1.13"];
            Assert.NotNull(comment);
            Assert.False(comment.Critical);
            Assert.Contains("Casemate Simulator", System.Text.Encoding.ASCII.GetString(comment.RawData));
        }
    }

    [Fact]
    public void Names_AreAmdsExactly()
    {
        const string real = "snp/dstack-milan-v3-vcek";
        var endorsements = TestPlatform.Snp(SnpProduct.Milan).Endorsements(TestPlatform.Noon);
        foreach (var (model, copy) in new[]
        {
            (RealEvidence.Pem(real + "/ark.pem"), endorsements.Ark),
            (RealEvidence.Pem(real + "/ask.pem"), endorsements.Ask),
            (RealEvidence.File(real + "/vcek.der"), endorsements.Vek),
        })
        {
            using var expected = X509CertificateLoader.LoadCertificate(model);
            using var actual = X509CertificateLoader.LoadCertificate(copy.Span);
            Assert.Equal(expected.SubjectName.RawData, actual.SubjectName.RawData);
            Assert.Equal(expected.IssuerName.RawData, actual.IssuerName.RawData);
        }
    }

    [Theory]
    [InlineData(SnpProduct.Milan, 3, "snp/dstack-milan-v3-vcek")]
    [InlineData(SnpProduct.Genoa, 5, "snp/oak-genoa-v5-vcek")]
    [InlineData(SnpProduct.Turin, 5, "snp/oak-turin-v5-vcek")]
    [InlineData(SnpProduct.Milan, 2, "snp/virtee-milan-v2-vcek")]
    public void Report_HasTheFixedFieldsOfARealOne(SnpProduct product, int version, string real)
    {
        var model = RealEvidence.File(real + "/report.bin");
        var report = TestPlatform.Snp(product).Report(TestPlatform.Guest, TestPlatform.ReportData, version);

        Assert.Equal(model.Length, report.Length);
        Assert.Equal(model[..0x10], report[..0x10]);                       // version, guest SVN, policy
        Assert.Equal(model[0x30..0x38], report[0x30..0x38]);               // VMPL, signature algorithm
        Assert.Equal(model[0x48..0x50], report[0x48..0x50]);               // signing key
        Assert.Equal(model[0x160..0x180], report[0x160..0x180]);           // no migration agent
        Assert.Equal(model[0x188..0x1A0], report[0x188..0x1A0]);           // processor, zero in version 2
        Assert.Equal(model[0x1F8..0x208].Any(b => b != 0), report[0x1F8..0x208].Any(b => b != 0) && product is not SnpProduct.Turin);
        AssertZeroWhereZero(model, report, 0x208, 0x2A0);
        AssertZeroWhereZero(model, report, 0x2D0, 0x2E8);
        AssertZeroWhereZero(model, report, 0x318, 0x4A0);
        if (product is SnpProduct.Turin)
        {
            AssertZeroWhereZero(model, report, 0x1A8, 0x1E0);
        }
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(5, true)]
    public void MitigationVectors_AreWrittenFromVersion5On(int version, bool written)
    {
        var guest = TestPlatform.Guest with { LaunchMitigationVector = 6 };
        var snp = TestPlatform.Snp(SnpProduct.Genoa).With(s => s with { CurrentMitigationVector = 7 });
        var report = snp.Report(guest, TestPlatform.ReportData, version);
        Assert.Equal(written ? 6UL : 0, BinaryPrimitives.ReadUInt64LittleEndian(report.AsSpan(0x1F8)));
        Assert.Equal(written ? 7UL : 0, BinaryPrimitives.ReadUInt64LittleEndian(report.AsSpan(0x200)));
    }

    [Fact]
    public void Report_CarriesEveryFieldOfTheGuest()
    {
        var guest = new SimulatedGuest
        {
            Measurement = TestPlatform.Bytes(48, 1),
            Policy = 0x3051F,
            Vmpl = 3,
            GuestSvn = 0x01020304,
            FamilyId = TestPlatform.Bytes(16, 2),
            ImageId = TestPlatform.Bytes(16, 3),
            HostData = TestPlatform.Bytes(32, 4),
            IdKeyDigest = TestPlatform.Bytes(48, 5),
            AuthorKeyDigest = TestPlatform.Bytes(48, 6),
            AuthorKeyEnabled = true,
            ReportId = TestPlatform.Bytes(32, 7),
            ReportIdMa = TestPlatform.Bytes(32, 8),
            LaunchTcb = new SnpTcb(null, 1, 2, 3, 4),
        };
        var report = TestPlatform.Snp(SnpProduct.Milan).Report(guest, TestPlatform.ReportData);

        Assert.Equal(guest.GuestSvn, BinaryPrimitives.ReadUInt32LittleEndian(report.AsSpan(0x004)));
        Assert.Equal(guest.Policy, BinaryPrimitives.ReadUInt64LittleEndian(report.AsSpan(0x008)));
        Assert.Equal(guest.FamilyId, report[0x010..0x020]);
        Assert.Equal(guest.ImageId, report[0x020..0x030]);
        Assert.Equal(3, report[0x030]);
        Assert.Equal(1, report[0x048]);
        Assert.Equal(TestPlatform.ReportData, report[0x050..0x090]);
        Assert.Equal(guest.Measurement, report[0x090..0x0C0]);
        Assert.Equal(guest.HostData, report[0x0C0..0x0E0]);
        Assert.Equal(guest.IdKeyDigest, report[0x0E0..0x110]);
        Assert.Equal(guest.AuthorKeyDigest, report[0x110..0x140]);
        Assert.Equal(guest.ReportId, report[0x140..0x160]);
        Assert.Equal(guest.ReportIdMa, report[0x160..0x180]);
        Assert.Equal([1, 2, 0, 0, 0, 0, 3, 4], report[0x1F0..0x1F8]);
    }

    [Fact]
    public void Crl_HoldsTheSerialNumbersOfTheRevokedCertificates()
    {
        var snp = TestPlatform.Snp(SnpProduct.Milan).With(s => s with { Revoked = [SnpCertificate.Ask, SnpCertificate.Vek] });
        var list = CertificateRevocationListBuilder.Load(snp.Endorsements(TestPlatform.Noon).Crl!.Value.Span, out var number, out var read);
        Assert.Equal(1, number);
        Assert.Equal(snp.Endorsements(TestPlatform.Noon).Crl!.Value.Length, read);
        Assert.True(list.RemoveEntry([0x01, 0x00, 0x01]));
        Assert.True(list.RemoveEntry([0x00]));
    }

    [Fact]
    public void WrongSizes_AreNamed()
    {
        var snp = TestPlatform.Snp(SnpProduct.Turin);
        AssertNamed("reportData has 65 bytes", () => snp.Report(TestPlatform.Guest, new byte[65]));
        AssertNamed(
            "Measurement has 32 bytes", () => snp.Report(TestPlatform.Guest with { Measurement = new byte[32] }, TestPlatform.ReportData));
        AssertNamed("ChipId has 64 bytes", () => snp.With(s => s with { ChipId = new byte[64] }));
        AssertNamed("version 2, 3, 4 or 5", () => snp.Report(TestPlatform.Guest, TestPlatform.ReportData, 6));
        AssertNamed("does not fit", () => snp.With(s => s with { ReportPatches = [new BytePatch(0x2A0, [1])] })
            .Report(TestPlatform.Guest, TestPlatform.ReportData));
    }

    private static void AssertNamed(string expected, Func<object> make) =>
        Assert.Contains(expected, Assert.ThrowsAny<ArgumentException>(make).Message);

    private static void AssertZeroWhereZero(byte[] model, byte[] report, int from, int to)
    {
        Assert.Equal(new byte[to - from], model[from..to]);
        Assert.Equal(new byte[to - from], report[from..to]);
    }

    private static void AssertSameForm(byte[] real, ReadOnlyMemory<byte> simulated)
    {
        // A Boolean, an integer or a text of another length leaves the skeleton as it is; only the algorithm's optional trailer
        // field differs between old and new certificates of AMD, and is compared on its own.
        Assert.Equal(WithoutTrailer(Skeleton.OfDer(real)), WithoutTrailer(Skeleton.OfDer(simulated)));
        using var model = X509CertificateLoader.LoadCertificate(real);
        using var copy = X509CertificateLoader.LoadCertificate(simulated.Span);
        Assert.Equal(Roles(model), Roles(copy));
        Assert.Equal(model.PublicKey.Oid.Value, copy.PublicKey.Oid.Value);
        Assert.Equal(model.GetRSAPublicKey()?.KeySize ?? 384, copy.GetRSAPublicKey()?.KeySize ?? copy.GetECDsaPublicKey()!.KeySize);
    }

    // [3] with its INTEGER, the last of the algorithm's parameters, in the certificate's body and beside its signature.
    private static string WithoutTrailer(string skeleton)
    {
        var lines = skeleton.Split('\n').ToList();
        for (var i = lines.Count - 1; i >= 0; i--)
        {
            var depth = lines[i].Length - lines[i].TrimStart().Length;
            if (depth > 2 && lines[i].Contains("ContextSpecific-3"))
            {
                lines.RemoveRange(i, 2);
            }
        }

        return string.Join('\n', lines);
    }

    private static List<(string, bool, string)> Roles(X509Certificate2 certificate) =>
    [
        .. certificate.Extensions.Where(e => e.Oid!.Value != "2.16.840.1.113730.1.13").Select(e => (
            e.Oid!.Value!, e.Critical, e is X509BasicConstraintsExtension ? Convert.ToHexString(e.RawData)
                : e is X509KeyUsageExtension usage ? usage.KeyUsages.ToString() : "")),               // AMD miscounts the unused bits
    ];

    private static byte[] Algorithm(byte[] certificate)
    {
        var outer = new AsnReader(certificate, AsnEncodingRules.DER).ReadSequence();
        outer.ReadEncodedValue();
        return outer.ReadEncodedValue().ToArray();
    }
}
