using Casemate.Fuzz.Flips;

namespace Casemate.Attestation.Tests;

/// <summary>
/// Single bits of every valid case of the corpus and of simulated evidence of every format, flipped: each is refused by a check that
/// stands for the region it lies in, with and without a cache. Here every bit of quotes, reports and logs, one bit of every byte of what
/// is slow, and one of every third byte of certificates and collateral; <c>Casemate.Fuzz flips all</c> does every bit of everything.
/// </summary>
public sealed class FlipTests
{
    private static readonly Dictionary<string, FlipDensity> s_density = new()
    {
        ["quotes"] = FlipDensity.Dense,
        ["collateral"] = FlipDensity.Dense,
        ["snp"] = FlipDensity.Dense,
        ["azure"] = FlipDensity.EveryByte,
        ["cose"] = FlipDensity.Dense,
        ["gpu"] = FlipDensity.EveryByte,
        ["event-log"] = FlipDensity.Dense,
    };

    public static TheoryData<string> Kinds => [.. FlipSubjects.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void RefusesEveryFlip_ForAReasonOfItsRegion_WithAndWithoutCache(string kind)
    {
        var run = new FlipRun(s_density[kind]);
        foreach (var subject in FlipSubjects.OfKind(kind))
        {
            run.Run(subject);
        }

        Assert.Empty(run.Surprises);

        // What nothing protects is exactly what the table says, and what is protected was flipped.
        Assert.All(run.Counts, c => Assert.True(c.Key.Guards.IsEmpty ? c.Value.Refused == 0 : c.Value.Refused > 0, $"{c.Key}"));
        Assert.All(run.Counts, c => Assert.True(c.Key.Unprotected.Length > 0 || c.Value.Unchanged == 0, $"{c.Key}"));
        Assert.True(run.Counts.Values.Sum(c => c.WithoutCache) > 20);
    }

    [Fact]
    public void EveryRegionOfTheTable_IsFlipped()
    {
        var flipped = FlipSubjects.Kinds.SelectMany(FlipSubjects.OfKind).SelectMany(s => s.Parts).Select(p => p.Region).ToHashSet();

        Assert.Equal(FlipRegions.All, FlipRegions.All.Where(flipped.Contains));
        Assert.Equal(flipped.Count, FlipRegions.All.Length);
    }

    [Theory]
    [InlineData("quotes", "oe-tdx10-v4-uptodate")]
    [InlineData("snp", "oak-genoa-v5-vcek")]
    public void ARunNotices_AnotherCheck_AndAnAcceptedFlip(string kind, string id)
    {
        var subject = FlipSubjects.OfKind(kind).First(s => s.Name == id);
        var part = subject.Parts[0] with { Length = 4, Region = subject.Parts[0].Region with { Guards = [CheckId.EndorsementSvn] } };

        var wrongTable = new FlipRun(FlipDensity.EveryByte);
        wrongTable.Run(subject with { Parts = [part] });
        var acceptsAll = new FlipRun(FlipDensity.EveryByte);
        acceptsAll.Run(subject with { Parts = [part], Verify = (_, cache) => subject.Verify(subject.Bytes, cache) });

        Assert.Equal(4, wrongTable.Surprises.Count());
        Assert.Equal(4, acceptsAll.Surprises.Count());
    }
}
