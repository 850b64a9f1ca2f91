using System.Text;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Testing;

namespace Casemate.Collateral.Tests;

public sealed class EvidenceBundleTests
{
    private static readonly DateTimeOffset Made = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Carries_AQuoteAndItsCollateral_ByteForByte()
    {
        var corpus = CorpusCase.Get("oe-tdx-v5-outofdate");
        var collateral = corpus.DcapCollateral();

        var read = EvidenceBundle.Parse(
            new EvidenceBundle { Tee = Tee.Tdx, Evidence = corpus.Quote, Made = Made, DcapCollateral = collateral }.Write(), "b.json");
        var found = read.Included.FindDcap(DcapCollateralQuery.TryCreate(corpus.Quote)!, corpus.VerifyAt, exact: true, out var problem);

        Assert.Equal("", problem);
        Assert.Equal(Tee.Tdx, read.Tee);
        Assert.Equal(corpus.Quote, read.Evidence.ToArray());
        Assert.Equal(collateral.TcbInfo.Body.ToArray(), found!.TcbInfo.Body.ToArray());
        Assert.Equal(collateral.TcbInfo.Signature.ToArray(), found.TcbInfo.Signature.ToArray());
        Assert.Equal(collateral.TcbInfo.IssuerChainPem.ToArray(), found.TcbInfo.IssuerChainPem.ToArray());
        Assert.Equal(collateral.QeIdentity.Body.ToArray(), found.QeIdentity.Body.ToArray());
        Assert.Equal(collateral.RootCaCrl.ToArray(), found.RootCaCrl.ToArray());
        Assert.Equal(collateral.PckCrl.ToArray(), found.PckCrl.ToArray());
    }

    [Fact]
    public void Carries_AReportAndItsCertificates()
    {
        var corpus = CorpusCase.Get("constellation-aws-milan-v3-vlek");

        var read = EvidenceBundle.Parse(
            BundleOf(corpus).Write(), "b.json");
        var found = read.Included.FindSnp(SnpEndorsementQuery.TryCreate(corpus.Report)!, corpus.VerifyAt, exact: true, out _);

        Assert.Equal(corpus.File("vlek.der"), found!.Vek.ToArray());
        Assert.Equal(PemText.Read(corpus.File("ask.pem"), "")[0].Der, found.Ask.ToArray());
        Assert.Equal(PemText.Read(corpus.File("ark.pem"), "")[0].Der, found.Ark.ToArray());
    }

    [Fact]
    public void IsEvidence_AndIsCollateralToo()
    {
        var corpus = CorpusCase.Get("oak-genoa-v5-vcek");
        var bundle = BundleOf(corpus).Write();

        Assert.Equal(corpus.Report, EvidenceReader.Parse(bundle, "b.json").Evidence.ToArray());
        Assert.Equal(3, CollateralReader.Parse(bundle, "b.json").Pieces.Certificates.Count);
    }

    [Fact]
    public void IsTheSameText_EveryTime()
    {
        var bundle = new EvidenceBundle { Tee = Tee.Sgx, Evidence = new byte[] { 3, 0 }, Made = Made };

        Assert.Equal(
            """
            {
              "apiVersion": "casemate/v1",
              "kind": "EvidenceBundle",
              "made": "2026-11-20T12:00:00Z",
              "tee": "sgx",
              "evidence": "AwA="
            }

            """,
            Encoding.UTF8.GetString(bundle.Write()));
    }

    private static EvidenceBundle BundleOf(CorpusCase corpus) =>
        new() { Tee = Tee.Snp, Evidence = corpus.Report, Made = Made, SnpEndorsements = corpus.SnpEndorsements() };

    [Theory]
    [InlineData("{\"kind\":\"EvidenceBundle\"}", "the member 'apiVersion' is missing")]
    [InlineData(
        "{\"kind\":\"EvidenceBundle\",\"apiVersion\":\"casemate/v9\"}", "apiVersion is 'casemate/v9', this program reads 'casemate/v1'")]
    [InlineData(
        "{\"kind\":\"EvidenceBundle\",\"apiVersion\":\"casemate/v1\",\"tee\":\"x\"}",
        "the member 'tee' is 'x': sgx, tdx or snp is expected")]
    [InlineData(
        "{\"kind\":\"EvidenceBundle\",\"apiVersion\":\"casemate/v1\",\"tee\":\"sgx\",\"evidence\":\"*\"}",
        "the member 'evidence' is not base64")]
    [InlineData(
        "{\"kind\":\"EvidenceBundle\",\"apiVersion\":\"casemate/v1\",\"tee\":\"sgx\",\"evidence\":\"AA==\",\"collateral\":[]}",
        "member collateral: is not an object")]
    [InlineData(
        "{\"kind\":\"EvidenceBundle\",\"apiVersion\":\"casemate/v1\",\"tee\":\"snp\",\"evidence\":\"AA==\",\"collateral\":{\"vek\":\"x\"}}",
        "member collateral.vek: holds no PEM block")]
    [InlineData("{\"kind\":\"Other\"}", "is not an evidence bundle")]
    public void Says_WhatIsWrongWithABundle(string content, string expected)
    {
        var refused = Assert.Throws<MalformedInputException>(() => EvidenceBundle.Parse(Encoding.UTF8.GetBytes(content), "b.json"));

        Assert.StartsWith("b.json", refused.Message, StringComparison.Ordinal);
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }
}
