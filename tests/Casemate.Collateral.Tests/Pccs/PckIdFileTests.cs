using System.Text;
using Casemate.Collateral.Pccs;

namespace Casemate.Collateral.Tests.Pccs;

public sealed class PckIdFileTests
{
    private static readonly string Ppid = new('A', 768);
    private static readonly string CpuSvn = new('0', 32);

    [Theory]
    [InlineData("", "")]
    [InlineData(",", "")]
    [InlineData(",ABCDEF", "abcdef")]
    [InlineData(",ABCDEF\r\n", "abcdef")]
    public void Reads_WhatTheToolWrites(string rest, string manifest)
    {
        Assert.True(PckIdFile.TryRead(
            Encoding.UTF8.GetBytes($"{Ppid},0000,{CpuSvn},0D00,0123456789ABCDEF0123456789ABCDEF{rest}"), out var machine, out var error), error);

        Assert.Equal(
            ("0123456789abcdef0123456789abcdef", "0000", CpuSvn, "0d00", Ppid.ToLowerInvariant(), manifest),
            (machine!.QeId, machine.PceId, machine.CpuSvn, machine.PceSvn, machine.EncryptedPpid, machine.PlatformManifest));
    }

    [Fact]
    public void Reads_TheSameAsJson()
    {
        Assert.True(PckIdFile.TryRead("""{"qe_id":"AB","pce_id":"0000"}"""u8.ToArray(), out var machine, out _));
        Assert.Equal("ab", machine!.QeId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a,b,c")]
    [InlineData("a,b,c,d,e,f,g")]
    [InlineData("one\ntwo")]
    [InlineData("not hex,0000,00000000000000000000000000000000,0D00,01")]
    [InlineData("{")]
    public void Refuses_AnythingElse_WithoutRepeatingIt(string text)
    {
        Assert.False(PckIdFile.TryRead(Encoding.UTF8.GetBytes(text), out var machine, out var error));
        Assert.Null(machine);
        Assert.NotEmpty(error);
        Assert.True(text.Length < 5 || !error.Contains(text, StringComparison.Ordinal));
    }

    [Fact]
    public void Refuses_AFileThatIsTooLarge()
    {
        Assert.False(PckIdFile.TryRead(new byte[PckIdFile.MaximumBytes + 1], out _, out var error));
        Assert.Contains("larger", error, StringComparison.Ordinal);
    }
}
