using Casemate.Node.Enforcement;

namespace Casemate.Node.Tests.Enforcement;

/// <summary>EPC limits in a pod's annotations.</summary>
public sealed class EpcAnnotationTests
{
    [Theory]
    [InlineData("epc-limit.nri.io/container.main", 1)]
    [InlineData("epc-limit.nri.io/pod", 2)]
    [InlineData("epc-limit.nri.io", 3)]
    public void Are_ForTheContainer_ThenForThePod_ThenForAll(string first, long expected)
    {
        string[] keys = ["epc-limit.nri.io/container.main", "epc-limit.nri.io/pod", "epc-limit.nri.io"];
        var annotations = keys.Select((key, i) => (Key: key, Value: $"{i + 1}")).SkipWhile(entry => entry.Key != first)
            .ToDictionary(entry => entry.Key, entry => entry.Value);

        Assert.True(EpcAnnotation.TryRead(annotations, "main", out var bytes, out _));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("67108864", 67_108_864)]
    [InlineData("0", 0)]
    [InlineData("0067108864", 67_108_864)]
    [InlineData("18446744073709551615", long.MaxValue)]
    public void Are_DecimalBytes(string value, long expected)
    {
        Assert.True(EpcAnnotation.TryRead(new Dictionary<string, string> { ["epc-limit.nri.io/pod"] = value }, "main", out var bytes, out _));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("64Mi")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1.0")]
    [InlineData("0x10")]
    [InlineData("18446744073709551616")]
    [InlineData("1\n2")]
    [InlineData("1\0")]
    public void Refuses_WhatIsNoAmount(string value)
    {
        Assert.False(EpcAnnotation.TryRead(new Dictionary<string, string> { ["epc-limit.nri.io"] = value }, "main", out var bytes, out var problem));

        Assert.Equal(0, bytes);
        Assert.Contains("'epc-limit.nri.io'", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(problem!, char.IsControl);
    }

    [Fact]
    public void AreOfNoConcern_ForAnotherContainer()
    {
        Assert.True(EpcAnnotation.TryRead(
            new Dictionary<string, string> { ["epc-limit.nri.io/container.other"] = "junk" }, "main", out var bytes, out _));
        Assert.Equal(0, bytes);
    }

    [Theory]
    [InlineData("sgx_epc 5", true)]
    [InlineData("sev 3\n sgx_epc\tmax", true)]
    [InlineData("sgx_epc", false)]
    [InlineData("sgx_epc_other 5", false)]
    [InlineData("sev 3", false)]
    [InlineData("", false)]
    public void KnowsALimit_ThatIsThereAlready(string content, bool expected) => Assert.Equal(expected, EpcLimit.IsIn(content));
}
