using System.Buffers.Binary;
using Casemate.Measurement.Snp;
using Casemate.Testing.Snp;

namespace Casemate.Measurement.Tests.Snp;

public sealed class OvmfImageTests : SnpTestBase
{
    private static readonly Guid s_resetBlock = new("00f771de-1a7e-4fcb-890e-68c77e2fb44e");

    [Fact]
    public void Reads_WhatTheEndSays()
    {
        var image = Image(new OvmfSample { Pages = 512, SvsmEntryOffset = 0x1234 });

        Assert.Equal(0xffe0_0000ul, image.Gpa);
        Assert.Equal(0x80_b004u, image.ResetEip);
        Assert.Equal(0x80_fc00u, image.HashTableGpa);
        Assert.Equal(0x1234u, image.SvsmEntryOffset);
        Assert.Equal(
            OvmfSample.AmdSevSections, image.Sections.Select(section => (section.Gpa, section.Size, (uint)section.Type)));
        Assert.Equal(4, image.Entries.Count);
    }

    [Fact]
    public void TakesZero_ForAbsent()
    {
        var image = Image(new OvmfSample { ResetEip = 0, HashTableGpa = 0 });

        Assert.Null(image.ResetEip);
        Assert.Null(image.HashTableGpa);
    }

    [Fact]
    public void Reads_FirmwareWithoutSev()
    {
        var image = Image(new OvmfSample { Sections = null });

        Assert.Empty(image.Sections);
        Assert.Equal(SnpError.NoSevMetadata, Assert.Throws<SnpException>(() => SnpMeasurement.Create(new SnpGuest(image))).Error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4095)]
    [InlineData(4097)]
    public void Refuses_WhatIsNotWholePages(int length)
    {
        Assert.Equal(SnpError.NotWholePages, OvmfImage.TryRead(new byte[length], out var image));
        Assert.Null(image);
    }

    [Fact]
    public void Refuses_MoreThanTheRoomBelowItsEnd()
    {
        Assert.Equal(SnpError.TooLarge, OvmfImage.TryRead(new OvmfSample().ToBytes(), out _, end: 0x3000));
    }

    [Fact]
    public void Refuses_FilesWithoutTable()
    {
        Assert.Equal(SnpError.NoFooterTable, OvmfImage.TryRead(new byte[4096], out _));
    }

    [Fact]
    public void Refuses_AnEntryThatStandsTwice()
    {
        var sample = new OvmfSample { MoreEntries = [(s_resetBlock, new byte[4])] };

        Assert.Equal(SnpError.NoFooterTable, OvmfImage.TryRead(sample.ToBytes(), out _));
    }

    [Fact]
    public void Refuses_AnEntryThatIsTooShort()
    {
        var sample = new OvmfSample { ResetEip = null, MoreEntries = [(s_resetBlock, new byte[3])] };

        Assert.Equal(SnpError.MalformedEntry, OvmfImage.TryRead(sample.ToBytes(), out _));
    }

    [Theory]
    [InlineData(0, 0x5645_5341u + 1)] // signature
    [InlineData(4, 15u)] // size
    [InlineData(4, 0x10_0000u)]
    [InlineData(8, 2u)] // version
    [InlineData(12, 0u)] // count
    [InlineData(12, 7u)]
    [InlineData(12, 65u)]
    [InlineData(12, 0xffff_ffffu)]
    public void Refuses_MalformedMetadata(int offset, uint value)
    {
        var bytes = new OvmfSample { MetadataOffset = 0x800 }.ToBytes();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - 0x800 + offset), value);

        Assert.Equal(SnpError.MalformedSevMetadata, OvmfImage.TryRead(bytes, out _));
    }

    [Theory]
    [InlineData(0x80_0001, 0x1000, 1, SnpError.MalformedSection)]
    [InlineData(0x80_0000, 0x1001, 1, SnpError.MalformedSection)]
    [InlineData(0x80_0000, 0, 1, SnpError.MalformedSection)]
    [InlineData(0x80_0000, 0x2000, 2, SnpError.MalformedSection)]
    [InlineData(0x80_0000, 0x2000, 3, SnpError.MalformedSection)]
    [InlineData(0xffff_f000, 0x2000, 1, SnpError.MalformedSection)]
    [InlineData(0x80_0000, 0x1000_1000, 1, SnpError.MalformedSection)]
    [InlineData(0x80_0000, 0x1000, 5, SnpError.UnknownSection)]
    [InlineData(0x80_0000, 0x1000, 0, SnpError.UnknownSection)]
    public void Refuses_SectionsThatCannotBeMeasured(uint gpa, uint size, uint type, SnpError expected)
    {
        Assert.Equal(expected, OvmfImage.TryRead(new OvmfSample { Sections = [(gpa, size, type)] }.ToBytes(), out _));
    }

    [Fact]
    public void EveryError_IsDescribed()
    {
        Assert.All(Enum.GetValues<SnpError>(), error => Assert.NotEmpty(SnpException.Describe(error)));
        Assert.Throws<ArgumentOutOfRangeException>(() => SnpException.Describe((SnpError)999));
    }
}
