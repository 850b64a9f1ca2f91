using Casemate.Measurement.Snp;

namespace Casemate.Measurement.Tests.Snp;

public sealed class SnpVcpuTypeTests : SnpTestBase
{
    // The signatures that virtee/sev-snp-measure's tests and AMD's documents name.
    [Theory]
    [InlineData("EPYC-v4", 0x800f12u, 48)]
    [InlineData("EPYC-Rome", 0x830f10u, 48)]
    [InlineData("EPYC-Milan", 0xa00f11u, 48)]
    [InlineData("EPYC-Genoa", 0xa10f10u, 52)]
    [InlineData("EPYC-Turin", 0xb00f00u, 52)]
    [InlineData("epyc-milan", 0xa00f11u, 48)]
    [InlineData("25/17/0", 0xa10f10u, 52)]
    [InlineData("0xa00f11", 0xa00f11u, 48)]
    public void Reads(string text, uint signature, int bits)
    {
        Assert.Equal(signature, Type(text).Signature);
        Assert.Equal(bits, Type(text).PhysicalAddressBits);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Skylake-Server")]
    [InlineData("25/1")]
    [InlineData("25/1/16")]
    [InlineData("14/1/1")]
    [InlineData("271/1/1")]
    [InlineData("25/256/1")]
    [InlineData("25/ 1/1")]
    [InlineData("0x")]
    [InlineData("0x10a00f11")] // has a bit that is part of no number
    [InlineData("0xffffffff")]
    [InlineData("0xa00011")]
    public void Refuses(string? text)
    {
        Assert.False(SnpVcpuType.TryRead(text, out var type));
        Assert.Null(type);
    }

    [Fact]
    public void EveryKnownName_IsReadBack()
    {
        Assert.All(SnpVcpuType.Known, known => Assert.Equal(known, Type(known.Name)));
        Assert.Throws<ArgumentOutOfRangeException>(() => SnpVcpuType.FromNumbers(25, 1, 99));
    }
}
