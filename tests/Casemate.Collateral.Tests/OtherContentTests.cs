using System.Text;
using Casemate.Testing;

namespace Casemate.Collateral.Tests;

/// <summary>What may be left out when a directory is searched for evidence, and what must not.</summary>
public sealed class OtherContentTests
{
    private static readonly CorpusCase Tdx = CorpusCase.Get("dcapqvl-tdx-v4-uptodate");
    private static readonly CorpusCase Milan = CorpusCase.Get("virtee-milan-v2-vcek");

    [Fact]
    public void CollateralAndNotes_AreSomethingElse()
    {
        Assert.True(IsOther(Tdx.File("collateral.json")));
        Assert.True(IsOther(Milan.File("vcek.der")));
        Assert.True(IsOther(Milan.File("ark.pem")));
        Assert.True(IsOther("a note\n"u8.ToArray()));
        Assert.True(IsOther("""{"name": "value"}"""u8.ToArray()));
        Assert.True(IsOther([0x89, 0x50, 0x4E, 0x47, 0, 0, 0, 0]));
        Assert.True(IsOther(new byte[100_000]));
        Assert.True(IsOther([]));
    }

    [Fact]
    public void DamagedOrUnsupportedEvidence_IsNot()
    {
        Assert.False(IsOther(Milan.Report[..^1]));
        Assert.False(IsOther([.. Tdx.Quote, .. new byte[CollateralLimits.EvidenceBytes]]));
        Assert.False(IsOther([.. "HCLA"u8, .. new byte[100_000]]));
        Assert.False(IsOther("""{"quote": "%%"}"""u8.ToArray()));
        Assert.False(IsOther("""{"hcl_report": "AAAA"}"""u8.ToArray()));
        Assert.False(IsOther("""{"kind": "EvidenceBundle"}"""u8.ToArray()));
        Assert.False(IsOther(Encoding.UTF8.GetBytes("{ \"kind\": \"EvidenceBundle\", ")));
    }

    [Fact]
    public void ASetOfCollateral_TellsWhatItHolds()
    {
        var items = CollateralReader.Parse(Tdx.File("collateral.json"), "collateral.json").Items;

        Assert.Equal(2, items.Count(item => item.Kind == "revocation list"));
        Assert.Contains(items, item => item.Kind == "TCB info" && item.Name == $"TDX, FMSPC {Tdx.Json.GetProperty("fmspc").GetString()}");
        Assert.Contains(items, item => item is { Kind: "QE identity", Name: "TDX", End: not null });
        Assert.All(items, item => Assert.Equal(item.Kind == "certificate", item.Certificate is not null));
    }

    private static bool IsOther(byte[] content) =>
        Assert.Throws<MalformedInputException>(() => EvidenceReader.Parse(content, "file")).IsOtherContent;
}
