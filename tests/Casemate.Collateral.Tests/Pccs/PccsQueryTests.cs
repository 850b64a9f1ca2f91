using Casemate.Collateral.Pccs;

namespace Casemate.Collateral.Tests.Pccs;

/// <summary>The query of a request.</summary>
public sealed class PccsQueryTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("?", null)]
    [InlineData("?a=1", "1")]
    [InlineData("a=1&a=2", "1")]
    [InlineData("b=0&a=", "")]
    [InlineData("a", "")]
    [InlineData("&&a=1&", "1")]
    [InlineData("%61=%41%2f%3D", "A/=")]
    [InlineData("a=x+y", "x y")]
    [InlineData("a=b=c", "b=c")]
    [InlineData("A=1", null)]
    [InlineData("a=%C3%A9", "é")]
    public void Finds_TheFirstValue(string text, string? expected)
    {
        Assert.True(PccsQuery.TryRead(text, out var query, out var error), error);
        Assert.Equal(expected, query["a"]);
    }

    [Theory]
    [InlineData("a=%")]
    [InlineData("a=%4")]
    [InlineData("a=%4g")]
    [InlineData("%zz=1")]
    [InlineData("a=%00")]
    [InlineData("a=%0d%0a")]
    [InlineData("a=%C3")]
    [InlineData("a=\u00e9")]
    [InlineData("a=\u0001")]
    public void Refuses_WhatIsNotEscapedAsAUrl(string text)
    {
        Assert.False(PccsQuery.TryRead(text, out var query, out var error));
        Assert.NotEmpty(error);
        Assert.Equal(0, query.Count);
    }

    [Fact]
    public void Refuses_TooMuch()
    {
        Assert.False(PccsQuery.TryRead(new string('a', PccsQuery.MaximumLength + 1), out _, out _));
        Assert.False(PccsQuery.TryRead(string.Join('&', Enumerable.Range(0, 33).Select(i => $"p{i}")), out _, out _));
        Assert.True(PccsQuery.TryRead(string.Join('&', Enumerable.Range(0, 100).Select(i => $"p{i % 32}")), out var query, out _));
        Assert.Equal(32, query.Count);
    }
}
