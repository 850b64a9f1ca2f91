using System.Buffers.Binary;
using Casemate.Measurement.Igvm;
using Casemate.Testing.Igvm;

namespace Casemate.Measurement.Tests.Igvm;

public sealed class IgvmFileTests
{
    [Fact]
    public void Reads_EveryHeader()
    {
        var file = IgvmFile.Parse(IgvmSample.Everything(1).ToBytes());

        Assert.Equal(23, file.Headers.Count);
        Assert.Equal(
            [IgvmPlatformType.Vbs, IgvmPlatformType.SevSnp, IgvmPlatformType.Tdx], file.Platforms.Select(platform => platform.Platform!.Value));
        var page = file.Headers.First(header => header.Type is IgvmHeaderType.PageData);
        Assert.Equal((0x10_0000ul, 7u, 4096), (page.Gpa!.Value, page.Mask!.Value, page.Data!.Value.Length));
        Assert.Equal(0x2000ul, file.Headers.First(header => header.Type is IgvmHeaderType.ParameterInsert).Size);
    }

    [Fact]
    public void Skips_WhatMayBeSkipped()
    {
        var file = IgvmFile.Parse(Minimal().Header(0x8000_0399, [1, 2, 3]).ToBytes());

        Assert.Equal(1, file.SkippedHeaders);
        Assert.Equal(IgvmError.UnknownHeader, Refusal(Minimal().Header(0x399, [1, 2, 3])));
    }

    [Theory]
    [InlineData(0, 0x1234_5678u, IgvmError.NotIgvm)]
    [InlineData(4, 2u, IgvmError.UnsupportedVersion)]
    [InlineData(8, 16u, IgvmError.MalformedFixedHeader)]
    [InlineData(8, 28u, IgvmError.MalformedFixedHeader)]
    [InlineData(8, 0xffff_fff8u, IgvmError.MalformedFixedHeader)]
    [InlineData(12, 0xffff_fff8u, IgvmError.MalformedFixedHeader)]
    [InlineData(16, 5u, IgvmError.MalformedFixedHeader)]
    [InlineData(20, 5u, IgvmError.WrongChecksum)]
    public void Refuses_WrongFixedHeaders(int offset, uint value, IgvmError expected)
    {
        var bytes = Minimal().ToBytes();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);

        Assert.Equal(expected, IgvmFile.TryRead(bytes, out var file));
        Assert.Null(file);
    }

    [Fact]
    public void Refuses_TruncatedFiles()
    {
        var bytes = IgvmSample.Everything(2).ToBytes();

        Assert.All(new[] { 0, 3, 23, 24, 100, bytes.Length - 1 }, length => Assert.NotEqual(IgvmError.None, IgvmFile.TryRead(bytes.AsMemory(0, length), out _)));
    }

    [Fact]
    public void Refuses_HeadersThatCannotBe()
    {
        Assert.Equal(IgvmError.MalformedMask, Refusal(new IgvmSample()));
        Assert.Equal(IgvmError.MalformedMask, Refusal(new IgvmSample().Platform(3, 2)));
        Assert.Equal(IgvmError.MalformedMask, Refusal(new IgvmSample().Platform(IgvmSample.Snp, 2).Platform(IgvmSample.Snp, 3)));
        Assert.Equal(IgvmError.MalformedMask, Refusal(Minimal().Page(0x1000, 8, null)));
        Assert.Equal(IgvmError.MalformedMask, Refusal(Minimal().Page(0x1000, 0, null)));
        Assert.Equal(IgvmError.MalformedHeader, Refusal(new IgvmSample().Platform(1, 9)));
        Assert.Equal(IgvmError.MalformedHeader, Refusal(Minimal().Header(0x302, new byte[23])));
        Assert.Equal(IgvmError.WrongOrder, Refusal(Minimal().Page(0x1000, IgvmSample.Snp, null).Platform(8, 3)));
        Assert.Equal(IgvmError.WrongOrder, Refusal(Minimal().Page(0x1000, IgvmSample.Snp, null).Policy(IgvmSample.Snp, 0)));
        Assert.Equal(IgvmError.Misaligned, Refusal(Minimal().Page(0x1001, IgvmSample.Snp, null)));
        Assert.Equal(IgvmError.Misaligned, Refusal(Minimal().Area(0, 0x1001)));
        Assert.Equal(IgvmError.Misaligned, Refusal(Minimal().Area(0, 0x1000).Insert(0xffff_ffff_ffff_ffff, IgvmSample.Snp, 0)));
        Assert.Equal(IgvmError.Misaligned, Refusal(Minimal().Area(0, 0x1000).Insert(0xffff_ffff_ffff_f000, IgvmSample.Snp, 0)));
        Assert.Equal(IgvmError.UnsupportedPage, Refusal(Minimal().Page(0x20_0000, IgvmSample.Snp, null, flags: 1)));
        Assert.Equal(IgvmError.UnsupportedPage, Refusal(Minimal().Page(0x20_0000, IgvmSample.Snp, null, flags: 8)));
        Assert.Equal(IgvmError.UnsupportedPage, Refusal(Minimal().Page(0x20_0000, IgvmSample.Snp, null, pageType: 4)));
        Assert.Equal(IgvmError.DuplicateParameterArea, Refusal(Minimal().Area(0, 0x1000).Area(0, 0x1000)));
        Assert.Equal(IgvmError.UnknownParameterArea, Refusal(Minimal().Insert(0x1000, IgvmSample.Snp, 0)));
        Assert.Equal(
            IgvmError.UnknownParameterArea, Refusal(Minimal().Area(0, 0x1000).Insert(0x1000, IgvmSample.Snp, 0).Insert(0x2000, IgvmSample.Snp, 0)));
        Assert.Equal(IgvmError.UnknownParameterArea, Refusal(Minimal().Header(0x307, IgvmSample.Numbers(0, 0))));
        Assert.Equal(IgvmError.UnknownParameterArea, Refusal(Minimal().Area(0, 0x1000).Header(0x307, IgvmSample.Numbers(0, 0x1000))));
        Assert.Equal(IgvmError.TooManyPages, Refusal(Minimal().Header(0x301, IgvmSample.Numbers(0, 2, 0, 0))));
        Assert.Equal(IgvmError.DataOutOfRange, Refusal(Minimal().Header(0x302, IgvmSample.Numbers(0x1000, 0, IgvmSample.Snp, 0x7fff_ffff, 0, 0))));
        Assert.Equal(IgvmError.DataOutOfRange, Refusal(Minimal().Header(0x304, IgvmSample.Numbers(0, 0, IgvmSample.Snp, 0, 0))));
    }

    [Fact]
    public void Refuses_TheSamePagesAddedWithoutEnd()
    {
        // Each area may be inserted once a platform; many large areas are still refused.
        var sample = new IgvmSample().Platform(IgvmSample.Snp, 2);
        for (var i = 0u; i < 3; i++)
        {
            sample.Area(i, 0x8000_0000);
        }

        for (var i = 0u; i < 3; i++)
        {
            sample.Insert(0x1000, IgvmSample.Snp, i);
        }

        Assert.Equal(IgvmError.TooManyPages, Refusal(sample));
    }

    [Fact]
    public void Counts_PagesForEachPlatform_ThatMeasuresThem()
    {
        static IgvmSample Of(int platforms)
        {
            var sample = new IgvmSample();
            for (var i = 0; i < platforms; i++)
            {
                sample.Platform(1u << i, 3);
            }

            return sample.Area(0, 0x800_0000).Insert(0x1000, (uint)((1L << platforms) - 1), 0);
        }

        // 2^15 pages: eight platforms may have them, nine have more than 2^18 together.
        Assert.Equal(IgvmError.None, Refusal(Of(8)));
        Assert.Equal(IgvmError.TooManyPages, Refusal(Of(9)));
    }

    // Which of two a loader takes nobody can say: what is shown of one must not be what another is launched with.
    [Fact]
    public void Refuses_ASecondWordAboutOnePlatform()
    {
        Assert.Equal(IgvmError.DuplicateHeader, Refusal(Minimal().Policy(IgvmSample.Snp, 0x30000)));
        Assert.Equal(IgvmError.DuplicateHeader, Refusal(Minimal().Document(IgvmSample.Snp, [1]).Document(IgvmSample.Snp, [1])));
        byte[] block = [.. IgvmSample.Numbers(IgvmSample.Snp), .. new byte[692]];
        Assert.Equal(IgvmError.None, Refusal(Minimal().Header(0x30b, block)));
        Assert.Equal(IgvmError.DuplicateHeader, Refusal(Minimal().Header(0x30b, block).Header(0x30b, block)));
        Assert.Equal(
            IgvmError.None,
            Refusal(new IgvmSample().Platform(IgvmSample.Snp, 2).Platform(IgvmSample.Tdx, 3).Document(IgvmSample.Snp, [1]).Document(IgvmSample.Tdx, [1])));
    }

    [Fact]
    public void Refuses_PaddingThatIsNotZero()
    {
        var bytes = Minimal().Context(0, IgvmSample.Snp, new byte[4096], 0).Page(0x1000, IgvmSample.Snp, null).ToBytes();
        var context = 24 + 24 + 24; // behind the platform and the policy
        bytes[context + 8 + 20] = 1;

        Assert.Equal(IgvmError.MalformedHeader, IgvmFile.TryRead(IgvmSample.WithChecksum(bytes), out _));
    }

    [Fact]
    public void EveryError_IsDescribed()
    {
        Assert.All(Enum.GetValues<IgvmError>(), error => Assert.NotEmpty(IgvmException.Describe(error)));
        Assert.All(Enum.GetValues<IgvmError>().Skip(1), error => Assert.NotNull(IgvmException.Remedy(error)));
        Assert.Throws<ArgumentOutOfRangeException>(() => IgvmException.Describe((IgvmError)999));
    }

    private static IgvmSample Minimal() => new IgvmSample().Platform(IgvmSample.Snp, 2).Policy(IgvmSample.Snp, 0x30000);

    private static IgvmError Refusal(IgvmSample sample) => IgvmFile.TryRead(sample.ToBytes(), out _);
}
