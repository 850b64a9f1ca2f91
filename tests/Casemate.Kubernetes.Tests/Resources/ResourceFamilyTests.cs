namespace Casemate.Kubernetes.Tests.Resources;

/// <summary>Names of EPC, their units, and translation between them.</summary>
public sealed class ResourceFamilyTests
{
    [Fact]
    public void TheFourNames_AreThoseThatUsersHave() =>
        Assert.Equal(
            ["kubernetes.azure.com/sgx_epc_mem_in_MiB", "openenclave.io/sgx_epc_MiB", "alibabacloud.com/sgx_epc_MiB", "sgx.intel.com/epc"],
            ResourceFamily.All.Select(family => family.Name));

    [Theory]
    [InlineData("sgx.intel.com/epc")]
    [InlineData("intel")]
    public void AFamily_IsFound_ByNameOrKey(string word)
    {
        Assert.True(ResourceFamily.TryFind(word, out var family));
        Assert.Same(ResourceFamily.Intel, family);
    }

    [Theory]
    [InlineData("sgx.intel.com/sgx_epc_mem_in_MiB")]
    [InlineData("Intel")]
    [InlineData("")]
    public void AnotherWord_IsNone(string word) => Assert.False(ResourceFamily.TryFind(word, out _));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(1_048_576, 1)]
    [InlineData(1_048_577, 2)]
    [InlineData(long.MaxValue, 8_796_093_022_208)]
    public void BytesToMiB_RoundUp_ForRequests(long bytes, long mib)
    {
        Assert.True(ResourceFamily.Azure.TryTranslate(ResourceFamily.Intel, bytes, out var translated));
        Assert.Equal(mib, translated);
    }

    [Fact]
    public void BytesToMiB_RoundDown_ForCapacity() => Assert.Equal(1, ResourceFamily.Azure.CapacityFromBytes((2L << 20) - 1));

    [Theory]
    [InlineData(-1)]
    [InlineData(8_796_093_022_208)]
    [InlineData(long.MaxValue)]
    public void WhatIsNoAmount_IsNotTranslated(long mib)
    {
        Assert.False(ResourceFamily.Intel.TryTranslate(ResourceFamily.Alibaba, mib, out var translated));
        Assert.Equal(0, translated);
    }

    [Fact]
    public void ARequest_NeverGetsLess_ByTranslation()
    {
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var from = ResourceFamily.All[random.Next(4)];
            var to = ResourceFamily.All[random.Next(4)];
            var quantity = random.NextInt64(0, long.MaxValue / from.UnitBytes) >> random.Next(60);
            Assert.True(to.TryTranslate(from, quantity, out var translated));
            Assert.True(from.TryToBytes(quantity, out var asked));

            // Rounded up by less than a unit.
            Assert.True((Int128)translated * to.UnitBytes >= asked);
            Assert.True(((Int128)translated * to.UnitBytes) - asked < to.UnitBytes);
        }
    }

    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(1, "1 byte")]
    [InlineData(1023, "1,023 bytes")]
    [InlineData(1536, "1,536 bytes")]
    [InlineData(4096, "4 KiB")]
    [InlineData(168L << 20, "168 MiB")]
    [InlineData(1L << 40, "1,024 GiB")]
    public void Amounts_AreWritten_InTheLargestExactUnit(long bytes, string text) => Assert.Equal(text, EpcText.Of(bytes));
}
