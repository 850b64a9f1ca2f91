using System.Text;
using Casemate.Node.Discovery;

namespace Casemate.Node.Tests.Discovery;

/// <summary>Files of the misc cgroup controller, hostile ones too.</summary>
public sealed class MiscFileTests
{
    [Fact]
    public void Lines_AreKeyAndNumber() =>
        Assert.Equal([new("sev", 410), new("sev_es", 99), new("sgx_epc.max", 0)], Read("sev 410\nsev_es 99\n\nsgx_epc.max  0", 0));

    [Theory]
    [InlineData("sev")]
    [InlineData("sev ")]
    [InlineData(" 5")]
    [InlineData("sev -1")]
    [InlineData("sev max")]
    [InlineData("sev 9223372036854775808")]
    [InlineData("sev 1 2")]
    [InlineData("SEV 1")]
    [InlineData("se\u0001v 1")]
    [InlineData("\u0000\u0001\u0002")]
    public void WhatIsNoLine_IsLeftOut_AndTold(string line) => Assert.Equal([new("tdx", 1)], Read(line + "\ntdx 1\n", 1));

    [Fact]
    public void TheSameKeyTwice_CountsOnce() => Assert.Equal([new("tdx", 1)], Read("tdx 1\ntdx 2\n", 1));

    [Fact]
    public void TheLargestNumber_IsRead() => Assert.Equal([new("tdx", long.MaxValue)], Read($"tdx {long.MaxValue}\n", 0));

    [Fact]
    public void EndlessLines_AreReadSoFarOnly() =>
        Assert.Equal(64, Read(string.Concat(Enumerable.Range(0, 1000).Select(i => $"k{i} 1\n")), 1).Count);

    [Fact]
    public void ALongKey_IsLeftOut() => Assert.Empty(Read(new string('k', 65) + " 1\n", 1));

    private static ValueList<MiscAmount> Read(string content, int problems)
    {
        var amounts = MiscFile.Read(Encoding.UTF8.GetBytes(content), out var told);
        Assert.Equal(problems, told.Count);
        return amounts;
    }
}
