using Casemate.Primitives.Text;

namespace Casemate.Primitives.Tests.Text;

public class Base64UrlTextTests
{
    [Fact]
    public void RoundTrips_EveryLength()
    {
        var random = new Random(7);
        for (var length = 0; length < 300; length++)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            Assert.True(Base64UrlText.TryDecode(Base64UrlText.Encode(bytes), out var back));
            Assert.Equal(bytes, back);
        }
    }

    [Theory]
    [InlineData("QQ==")]
    [InlineData("QQ%3D")]
    [InlineData(" QQ")]
    [InlineData("QQ\n")]
    [InlineData("Q")]
    [InlineData("QR")]
    [InlineData("QUJ")]
    [InlineData("+/8")]
    [InlineData("é0")]
    public void Refuses_EverySpellingButOne(string text) => Assert.False(Base64UrlText.TryDecode(text, out _));

    [Fact]
    public void Accepts_OnlyWhatItWouldWrite()
    {
        const string alphabet = "ABCxyz019-_=+/ ";
        var random = new Random(8);
        for (var i = 0; i < 50_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => alphabet[random.Next(alphabet.Length)]));
            if (Base64UrlText.TryDecode(text, out var bytes))
            {
                Assert.Equal(text, Base64UrlText.Encode(bytes));
            }
        }
    }
}
