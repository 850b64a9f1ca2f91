using Casemate.Measurement.Tdx;
using Casemate.Testing;

namespace Casemate.Measurement.Tests.Tdx;

/// <summary>Firmware of TDs: what is read, what is refused, and MRTD in every order.</summary>
public sealed class TdvfTests
{
    private static readonly TdvfSample s_sample = new();

    [Fact]
    public void Reads_TheSectionsInOrder()
    {
        var tdvf = Read(s_sample);

        Assert.Equal(
            [
                TdvfSectionType.BootFirmwareVolume, TdvfSectionType.ConfigurationFirmwareVolume, TdvfSectionType.TemporaryMemory,
                TdvfSectionType.TdHob,
            ],
            tdvf.Sections.Select(s => s.Type));
        var code = tdvf.Sections[0];
        Assert.True(code.IsExtended);
        Assert.True(code.IsAdded);
        Assert.Equal(0xFFFF_C000ul, code.Address);
        Assert.Equal(4ul, code.Pages);
        Assert.Equal(s_sample.ToBytes()[0x2000..], code.Content.ToArray());
        Assert.True(tdvf.Sections[3].IsFilledByVmm);
    }

    [Theory]
    [InlineData(MrtdProfile.PageByPage, "page")]
    [InlineData(MrtdProfile.SectionBySection, "section")]
    [InlineData(MrtdProfile.AllAddedFirst, "all")]
    public async Task Mrtd_IsWhatAnIndependentProgramComputes(MrtdProfile profile, string order)
    {
        var random = new Random(17);
        for (var round = 0; round < 3; round++)
        {
            var sample = s_sample with
            {
                Sections =
                [
                    .. s_sample.Sections,
                    new(0, (uint)random.Next(0, 0x1000), 0x90_0000, 0x3000, 1, 1),
                    new(0, 0, 0xA0_0000, (ulong)random.Next(1, 4) * 4096, 4, (uint)random.Next(0, 3)),
                ],
            };
            var lines = await IndependentTdx.RunAsync("mrtd", order, sample.ToBytes());

            Assert.Equal($"MRTD {Convert.ToHexStringLower(Read(sample).ComputeMrtd(profile))}", Assert.Single(lines));
        }
    }

    [Fact]
    public void EveryOrder_GivesAnotherMeasurement()
    {
        var tdvf = Read(s_sample with { Sections = [.. s_sample.Sections, new(0, 0x1000, 0x90_0000, 0x1000, 1, 1)] });

        var all = Enum.GetValues<MrtdProfile>().Select(p => Convert.ToHexString(tdvf.ComputeMrtd(p, new byte[1]))).ToArray();

        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Fact]
    public void OneFlippedBit_OfAMeasuredPage_ChangesMrtd_AndOneOfAnotherDoesNot()
    {
        var image = s_sample.ToBytes();
        var mrtd = Compute(image);
        for (var at = 0; at < 0x5B00; at += 257)
        {
            var changed = (byte[])image.Clone();
            changed[at] ^= 1;

            Assert.Equal(at >= 0x2000, !mrtd.SequenceEqual(Compute(changed)));
        }
    }

    [Fact]
    public void EarlyGoogleHosts_MeasureTheHandOffBlock_AndNeedIt()
    {
        var tdvf = Read(s_sample);

        var failure = Assert.Throws<TdxMeasurementException>(() => tdvf.ComputeMrtd(MrtdProfile.GoogleComputeEngineMeasuringAll));
        Assert.Contains("section 4 (TdHob)", failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.Remedy);
        Assert.NotEqual(
            tdvf.ComputeMrtd(MrtdProfile.GoogleComputeEngineMeasuringAll, new byte[] { 1 }),
            tdvf.ComputeMrtd(MrtdProfile.GoogleComputeEngineMeasuringAll, new byte[] { 2 }));
        Assert.Throws<TdxMeasurementException>(() => tdvf.ComputeMrtd(MrtdProfile.GoogleComputeEngineMeasuringAll, new byte[0x2001]));
    }

    [Fact]
    public void GoogleHosts_DoNotAddTemporaryMemory()
    {
        var without = s_sample with { Sections = [.. s_sample.Sections.Where(s => s.Type != 3)] };
        var image = s_sample.ToBytes();

        // The metadata are themselves part of the measured code, so the comparison is over content that is the same.
        Assert.NotEqual(Compute(image), Read(s_sample).ComputeMrtd(MrtdProfile.GoogleComputeEngine));
        Assert.Equal(Read(without).ComputeMrtd(MrtdProfile.PageByPage), Read(without).ComputeMrtd(MrtdProfile.GoogleComputeEngine));
    }

    [Fact]
    public void PagesThatAreAddedLater_AreNotPartOfTheLaunch()
    {
        var sections = s_sample.Sections.ToList();
        sections[2] = sections[2] with { Attributes = 2 };
        var tdvf = Read(s_sample with { Sections = sections });

        Assert.False(tdvf.Sections[2].IsAdded);
        Assert.Equal(tdvf.ComputeMrtd(MrtdProfile.GoogleComputeEngine), tdvf.ComputeMrtd(MrtdProfile.PageByPage));
    }

    public static TheoryData<string, TdvfSample> Malformed => new()
    {
        { "no table of GUIDs", s_sample with { Footer = Guid.Empty } },
        { "says that it has 17 bytes", s_sample with { TableSize = 17 } },
        { "which is not between", s_sample with { TableSize = 0xFFFF } },
        { "entry 3 from the end", s_sample with { TableSize = 64 } },
        { "does not name TDX metadata", s_sample with { OffsetEntry = Guid.Empty } },
        { "are said to stand", s_sample with { Offset = 0x5FF1 } },
        { "are said to stand", s_sample with { Offset = 15 } },
        { "no TDX metadata at byte", s_sample with { Offset = 0x800 } },
        { "no TDX metadata at byte", s_sample with { Descriptor = Guid.Empty } },
        { "no TDX metadata at byte", s_sample with { Signature = "TDVE" } },
        { "version 2", s_sample with { Version = 2 } },
        { "0 sections", s_sample with { Count = 0, Length = 16 } },
        { "65 sections", s_sample with { Count = 65, Length = 16 + (65 * 32) } },
        { "5 sections", s_sample with { Count = 5 } },
        { "type 8", With(new(0, 0, 0, 0x1000, 8, 0)) },
        { "attributes 0x4", With(new(0, 0, 0, 0x1000, 3, 4)) },
        { "not whole pages", With(new(0, 0, 0x10, 0x1000, 3, 0)) },
        { "not whole pages", With(new(0, 0, 0, 0x1001, 3, 0)) },
        { "not whole pages", With(new(0, 0, ulong.MaxValue - 0xFFF, 0x2000, 3, 0)) },
        { "do not lie in the file", With(new(0, 0x2000, 0, 0x1000, 0, 0)) },
        { "do not lie in the file", With(new(0x6000, 1, 0, 0x1000, 0, 0)) },
        { "do not lie in the file", With(new(uint.MaxValue, 2, 0, 0x1000, 0, 0)) },
        { "overlaps section 1", With(new(0, 0, 0xFFFF_F000, 0x1000, 3, 0)) },
        { "more than 65536 pages", With(new(0, 0, 0x1_0000_0000, 0x1000_0000, 3, 0)) },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Refuses_MalformedFirmware_AndSaysWhatIsWrong(string text, TdvfSample sample)
    {
        Assert.False(Tdvf.TryRead(sample.ToBytes(), out var tdvf, out var error));
        Assert.Null(tdvf);
        Assert.Contains(text, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_EveryCutOffFirmware()
    {
        var image = s_sample.ToBytes();
        for (var size = 0; size < image.Length; size += 61)
        {
            Assert.False(Tdvf.TryRead(image[..size], out _, out _));
        }
    }

    private static TdvfSample With(TdvfSample.Section section) => s_sample with { Sections = [.. s_sample.Sections, section] };

    private static byte[] Compute(byte[] image)
    {
        Assert.True(Tdvf.TryRead(image, out var tdvf, out var error), error);
        return tdvf.ComputeMrtd(MrtdProfile.PageByPage);
    }

    private static Tdvf Read(TdvfSample sample)
    {
        Assert.True(Tdvf.TryRead(sample.ToBytes(), out var tdvf, out var error), error);
        return tdvf;
    }
}
