using System.Text;
using Casemate.Collateral.Upstream;

namespace Casemate.Collateral.Tests.Upstream;

/// <summary>What of a refusal's body is repeated to whoever asked.</summary>
public sealed class RefusalTextTests
{
    [Theory]
    [InlineData("No cache data for this platform.\n", "No cache data for this platform")]
    [InlineData("the platform 00112233445566778899AABBCCDDEEFF is unknown", "the platform ... is unknown")]
    [InlineData("FMSPC 00906ED50000 is unknown", "FMSPC 00906ED50000 is unknown")]
    [InlineData("line\r\nbreak \u001b[31m", "line..break .[31m")]
    [InlineData("<!DOCTYPE html><pre>Cannot POST /platforms</pre>", "")]
    [InlineData("\0\0\u0001", "")]
    [InlineData("", "")]
    public void RepeatsAShortText_WithoutIdsOfMachines_AndNoPage(string body, string said) =>
        Assert.Equal(said, RefusalText.From(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void IsShort() => Assert.True(RefusalText.From(Encoding.ASCII.GetBytes(new string('x', 10_000))).Length <= 200);
}
