using System.Text;
using Casemate.Primitives.Text;

namespace Casemate.Primitives.Tests.Text;

/// <summary>UTF-8 without replacements, in both directions.</summary>
public sealed class StrictUtf8Tests
{
    [Fact]
    public void WellFormedText_ComesBack()
    {
        Assert.Equal("\uFEFFä€😀\0", StrictUtf8.GetString(StrictUtf8.GetBytes("\uFEFFä€😀\0")));
        Assert.Empty(StrictUtf8.GetBytes(""));
    }

    [Theory]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0xC0, 0x80 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xE2, 0x82 })]
    public void Refuses_BytesThatAreNotWellFormed(byte[] bytes) =>
        Assert.Throws<DecoderFallbackException>(() => StrictUtf8.GetString(bytes));

    [Fact]
    public void Refuses_ALoneSurrogate() => Assert.Throws<EncoderFallbackException>(() => StrictUtf8.GetBytes("\uD800"));
}
