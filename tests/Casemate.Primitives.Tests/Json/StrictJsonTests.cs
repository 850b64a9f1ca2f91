using System.Text;
using Casemate.Primitives.Json;

namespace Casemate.Primitives.Tests.Json;

public class StrictJsonTests
{
    private static string? Error(byte[] json, int maxDepth = StrictJson.DefaultMaxDepth)
    {
        if (!StrictJson.TryParse(json, out var document, out var error, maxDepth))
        {
            return error;
        }

        document.Dispose();
        return null;
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""", "same member twice")]
    [InlineData("""{"b":{"a":1,"\u0061":2}}""", "same member twice")]
    [InlineData("""{"\ud800":1}""", "surrogate")]
    [InlineData("""["x\udfff"]""", "surrogate")]
    [InlineData("""{"a":1""", "line 1, byte 7")]
    [InlineData("{\n\"a\":tru}", "line 2")]
    [InlineData("", "not JSON")]
    [InlineData("{} {}", "not JSON")]
    [InlineData("""["\x"]""", "not JSON")]
    [InlineData("""["\u00e9",tru]""", "not JSON")]
    [InlineData("""{"\u0061":1,"b":{"c":1,"c":2}}""", "same member twice")]
    [InlineData("{/**/}", "not JSON")]
    public void Refuses_NamingThePlace(string json, string expected) =>
        Assert.Contains(expected, Error(Encoding.UTF8.GetBytes(json)), StringComparison.Ordinal);

    [Fact]
    public void Checks_EscapedStringsOfAnyLength_InAnyOrder()
    {
        var strings = string.Join(',', new[] { 1, 5000, 20, 100_000, 3 }.Select(length => $"\"\\u000a{new string('x', length)}\""));

        Assert.Null(Error(Encoding.UTF8.GetBytes($"[{strings}]")));
        Assert.Contains("surrogate", Error(Encoding.UTF8.GetBytes($$"""[{{strings}},"\ud800"]""")), StringComparison.Ordinal);
    }

    [Fact]
    public void TakesNoBufferOfTheWholeText_ForOneEscapedString()
    {
        var json = Encoding.UTF8.GetBytes($"[\"{new string('x', 3_500_000)}\",\"\\u000a\"]");
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Null(Error(json));

        // What is left is the index of the document.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
    }

    [Fact]
    public void Refuses_InvalidUtf8() => Assert.Equal("the text is not valid UTF-8", Error([0x22, 0xFF, 0x22]));

    [Fact]
    public void Never_RepeatsTheInput() =>
        Assert.DoesNotContain("hunter2", Error("""{"password":hunter2}"""u8.ToArray()), StringComparison.Ordinal);

    [Fact]
    public void Refuses_TooDeep()
    {
        Assert.Null(Error("[[[]]]"u8.ToArray(), maxDepth: 3));
        Assert.NotNull(Error("[[[[]]]]"u8.ToArray(), maxDepth: 3));
        Assert.NotNull(Error(Encoding.ASCII.GetBytes(new string('[', 1_000_000))));
    }

    [Fact]
    public void Hands_OutStringsThatCanBeRead()
    {
        Assert.True(StrictJson.TryParse("""{"\u00e9":"\ud83d\ude00"}"""u8.ToArray(), out var document, out _));
        using (document)
        {
            Assert.Equal("😀", document.RootElement.GetProperty("é").GetString());
        }
    }
}
