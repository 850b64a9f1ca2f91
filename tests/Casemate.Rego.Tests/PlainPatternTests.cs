using Casemate.Rego.Patterns;

namespace Casemate.Rego.Tests;

/// <summary>Patterns that are matched straight from their text mean what they mean to the machine for all patterns.</summary>
public sealed class PlainPatternTests
{
    private static readonly string[] s_parts =
    [
        "a", "b", "/", "-", "_", "é", "\\.", "\\-", "\\$", "[a-c]", "[a-c]+", "[ab/]*", "[a-z0-9]{2}", "[-a]", "[a-]+", "[^a]", "[a\\-c]+", "$", "^", ".",
        "a+", "(a)", "|", "{", "}", "]", "[", "\\d", "\\", "[b-a]", "[--a]", "[a--]", "[+--]", "{2}", "{0}", "{0,2}", "{1,3}", "{2,1}", "{,2}", "{2,}", "{0,0}", "[ab]{0,2}", "[a-c]{1,2}", "{1001}", "{02}", "?", "*", "\\Q", "[]a]", "[a&&b]",
        "(?:a)?", "(?:ab/)?", "(?:b\\.)?", "(?:)?", "(?:a)", "(?:a|b)?", "(?:a+)?", "(?:a)??", "(?:[a])?", "(a)?", "(ab/)?", "(a|b)?", "(?P<x>a)?", "(?i)", "()?", "(a)??",
    ];

    private static readonly string[] s_texts = ["a", "b", "c", "/", "-", "_", "é", ".", "$", "0", "ab", "\n", "𝄞"];

    [Theory]
    [InlineData("^/run/[a-z0-9]{4}/x$", "/run/ab12/x", true)]
    [InlineData("^/run/[a-z0-9]{4}/x$", "/run/ab1/x", false)]
    [InlineData("^[a-z]+\\.conf$", "resolv.conf", true)]
    [InlineData("^[a-z]+\\.conf$", "resolv.conf.old", false)]
    [InlineData("^ab", "abc", true)]
    [InlineData("^/c/(?:watch/)?id-[a-z]{2}$", "/c/watch/id-xy", true)]
    [InlineData("^/c/(?:watch/)?id-[a-z]{2}$", "/c/id-xy", true)]
    [InlineData("^/c/(?:watch/)?id-[a-z]{2}$", "/c/watch/watch/id-xy", false)]
    [InlineData("^/c/(watch/)?id-[a-z]{2}$", "/c/watch/id-xy", true)]
    [InlineData("^/c/(watch/)?id-[a-z]{2}$", "/c/watc/id-xy", false)]
    [InlineData("^[a-z0-9][a-z0-9.-]{0,5}$", "a", true)]
    [InlineData("^[a-z0-9][a-z0-9.-]{0,5}$", "abcdefg", false)]
    [InlineData("^(?:/x/[a-z]+)$", "/x/yz", true)]
    [InlineData("^(?:/x/[a-z]+)$", "/x/yz/", false)]
    [InlineData("^(?:^[a-z0-9]{4}$)$", "ab12", true)]
    [InlineData("^(?:^[a-z0-9]{4}$)$", "ab123", false)]
    [InlineData("^$", "", true)]
    public void Matches_FromTheText(string pattern, string text, bool expected)
    {
        Assert.True(PlainPattern.TryMatch(pattern, text, out var isMatch));
        Assert.Equal(expected, isMatch);
    }

    [Theory]
    [InlineData("a$")]
    [InlineData("^(a)$")]
    [InlineData("^a.*$")]
    [InlineData("^[a-c]+b$")]
    [InlineData("^x[b-a]$")]
    [InlineData("^x$y")]
    [InlineData("^x[")]
    [InlineData("^(?:y)?y$")]
    public void Leaves_EverythingElseAlone(string pattern) => Assert.False(PlainPattern.TryMatch(pattern, "y", out _));

    [Fact]
    public void Agrees_WithTheMachineForAllPatterns()
    {
        var random = new Random(7);
        var (handled, matched) = (0, 0);
        var matcher = new RegexMatcher(_ => { });
        for (var i = 0; i < 60_000; i++)
        {
            var parts = string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => s_parts[random.Next(s_parts.Length)]));
            var pattern = random.Next(5) == 0 ? $"^(?:{(random.Next(2) == 0 ? "^" : "")}{parts}{(random.Next(2) == 0 ? "$" : "")})$" : $"^{parts}{(random.Next(2) == 0 ? "$" : "")}";
            var text = string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => s_texts[random.Next(s_texts.Length)]));
            if (!PlainPattern.TryMatch(pattern, text, out var isMatch))
            {
                continue;
            }

            Assert.True(RegexProgram.TryCompile(pattern, out var program, out var error), $"{pattern}: {error}");
            matcher.Start(program, text, groups: false);
            Assert.True(matcher.IsMatch() == isMatch, $"{pattern} and {text}: {isMatch}");
            (handled, matched) = (handled + 1, matched + (isMatch ? 1 : 0));
        }

        Assert.True(handled > 5000 && matched > 500, $"{handled} {matched}");
    }
}
