using System.Text;
using Casemate.Rpc.Wire;

namespace Casemate.Rpc.Tests.Wire;

/// <summary>The encoding of grpc-message.</summary>
public sealed class StatusTextTests
{
    [Theory]
    [InlineData("plain text, with ~ and !", "plain text, with ~ and !")]
    [InlineData("100 %", "100 %25")]
    [InlineData("ä€😀", "%C3%A4%E2%82%AC%F0%9F%98%80")]
    [InlineData("a\r\nb\0\u007f", "a%0D%0Ab%00%7F")]
    [InlineData("", "")]
    public void Encodes_AsTheSpecificationSays(string text, string encoded) => Assert.Equal(encoded, StatusText.Encode(text));

    [Theory]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz%41", "%zzA")]
    [InlineData("100%25%", "100%%")]
    [InlineData("%e2%82%ac", "€")]
    [InlineData("%FF", "\ufffd")]
    [InlineData("ä%41", "äA")]
    public void Decodes_WhatIsNotEncodedWell(string encoded, string text) => Assert.Equal(text, StatusText.Decode(encoded));

    // Not among the data above: an attribute cannot hold half a character.
    [Fact]
    public void HalfACharacter_BecomesTheReplacementCharacter() => Assert.Equal("a%EF%BF%BDb", StatusText.Encode("a\ud800b"));

    [Fact]
    public void AnyText_ComesBack_AndTravelsInPrintableAscii()
    {
        var random = new Random(1);
        for (var round = 0; round < 2000; round++)
        {
            var text = TextOf(random, random.Next(300));
            var encoded = StatusText.Encode(text);

            Assert.All(encoded, c => Assert.InRange(c, ' ', '~'));
            Assert.Equal(text, StatusText.Decode(encoded));
        }
    }

    [Fact]
    public void AnyBytes_AreDecodedWithoutAnError()
    {
        var random = new Random(2);
        const string alphabet = "%%%%0123456789abcdefABCDEFgG ä";
        for (var round = 0; round < 5000; round++)
        {
            var encoded = new string([.. Enumerable.Range(0, random.Next(40)).Select(_ => alphabet[random.Next(alphabet.Length)])]);
            Assert.True(StatusText.Decode(encoded).Length <= encoded.Length);
        }
    }

    [Fact]
    public void ALongText_IsCutBetweenCharacters()
    {
        var encoded = StatusText.Encode(new string('x', StatusText.MaximumBytes - 1) + "ä" + "more");

        Assert.Equal(new string('x', StatusText.MaximumBytes - 1), encoded);
        Assert.Equal(StatusText.MaximumBytes, StatusText.Encode(new string('x', 5000)).Length);
    }

    private static string TextOf(Random random, int length)
    {
        var text = new StringBuilder();
        while (text.Length < length)
        {
            var value = random.Next(4) switch { 0 => random.Next(0x80), 1 => random.Next(0x800), 2 => random.Next(0x10000), _ => random.Next(0x110000) };
            if (Rune.TryCreate(value, out var rune))
            {
                text.Append(rune.ToString());
            }
        }

        return text.ToString();
    }
}
