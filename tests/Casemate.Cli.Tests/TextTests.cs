using Casemate.Cli.Output;
using Casemate.Primitives.Text;

namespace Casemate.Cli.Tests;

public sealed class TextTests
{
    [Theory]
    [InlineData("", 5, "")]
    [InlineData("one two three", 13, "one two three")]
    [InlineData("one two three", 8, "one two|three")]
    [InlineData("one two three", 7, "one two|three")]
    [InlineData("one two three", 6, "one|two|three")]
    [InlineData("0123456789", 4, "0123|4567|89")]
    [InlineData("ab 0123456789", 4, "ab|0123|4567|89")]
    public void Wraps_AtSpaces_AndInsideLongValues(string text, int width, string expected)
    {
        Assert.Equal(expected.Split('|'), TextWrap.Lines(text, width));
    }

    [Theory]
    [InlineData("\u001b[2Kverdict", "?[2Kverdict")]
    [InlineData("a\r\nb\u009bc", "a??b?c")]
    [InlineData("a\u202eb\u2028c\u200bd", "a?b?c?d")]
    [InlineData("Zürich ≤ 東京", "Zürich ≤ 東京")]
    public void Wrapped_NothingIsLeft_ThatMovesATerminal(string text, string expected)
    {
        Assert.Equal(expected, Assert.Single(TextWrap.Lines(text, 80)));
    }

    [Theory]
    [InlineData("verfy", "verify")]
    [InlineData("evrify", "verify")]
    [InlineData("vfy", null)]
    [InlineData("verification", null)]
    [InlineData("", null)]
    public void Guesses_WhatWasMeant(string typed, string? meant)
    {
        Assert.Equal(meant, NearestName.Find(typed, ["verify", "version", "run"]));
    }

    [Fact]
    public void Yaml_KeepsTypes_AndQuotesEveryText()
    {
        var yaml = YamlText.FromJson("""{"a":"0e12","b":1,"c":true,"d":null,"e":["x",{"f":"two\nlines"}],"g":{},"h":[]}"""u8.ToArray());

        Assert.Equal("a: \"0e12\"\nb: 1\nc: true\nd: null\ne:\n- \"x\"\n- f: \"two\\nlines\"\ng: {}\nh: []\n", yaml);
    }

    [Fact]
    public void Yaml_EscapesWhatTurnsTheDirectionOfWriting()
    {
        var yaml = YamlText.FromJson(System.Text.Encoding.UTF8.GetBytes("{\"k\u202Ey\":\"a\u202Eb\u200Bc\\\\\"}"));

        Assert.Equal("\"k\\u202Ey\": \"a\\u202Eb\\u200Bc\\\\\"\n", yaml);
    }

    [Fact]
    public void Yaml_DoesNotFoldLongTexts()
    {
        var text = string.Join(' ', Enumerable.Repeat("word", 100));

        Assert.Equal($"a: \"{text}\"\n", YamlText.FromJson(System.Text.Encoding.UTF8.GetBytes($"{{\"a\":\"{text}\"}}")));
    }

    [Fact]
    public void AMessage_StaysOnOneLine()
    {
        Assert.Equal("a b c", ErrorText.OneLine("a\r\n\tb \u001bc"));
    }
}
