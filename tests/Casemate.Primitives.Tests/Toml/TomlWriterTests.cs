using System.Text.Json.Nodes;
using Casemate.Primitives.Toml;

namespace Casemate.Primitives.Tests.Toml;

/// <summary>TOML as it is written: one text for the same values, which reads back as they were.</summary>
public sealed class TomlWriterTests
{
    [Fact]
    public void Tables_AreSorted_WithPlainValuesBeforeSubtables()
    {
        var root = JsonNode.Parse("""{"b":{"x":1,"a":{"y":true}},"a":"t","l":[{"u":"1","s":2},"e"],"e":{},"n":{"m":{"o":[]}},"q r":{"é":-5,"f":1.5}}""")!.AsObject();

        Assert.Equal(
            """
            a = "t"
            l = [
              { s = 2, u = "1" },
              "e",
            ]

            [b]
            x = 1

            [b.a]
            y = true

            [e]

            [n.m]
            o = []

            ["q r"]
            f = 1.5
            "é" = -5

            """.ReplaceLineEndings("\n"),
            TomlWriter.Write(root));
    }

    [Fact]
    public void ANumberWithAFraction_StaysOne()
    {
        Assert.True(TomlDocument.TryParse("a = 2.0\nb = 2\nc = 1e30\nd = -0.5", out var root, out _));
        Assert.Equal("a = 2.0\nb = 2\nc = 1E+30\nd = -0.5\n", TomlWriter.Write(root));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("quotes \" and \\ backslash")]
    [InlineData("line\nbreak\ttab\rreturn")]
    [InlineData("\u0000\u0001\u001f\u007f\u0085\u2028")]
    [InlineData("🦀 é")]
    [InlineData("")]
    public void AnyText_ReadsBack_AsValueAndAsKey(string text)
    {
        var root = new JsonObject { [text] = text, ["t"] = new JsonObject { [text] = new JsonArray(text, new JsonObject { [text] = text }) } };

        Assert.True(TomlDocument.TryParse(TomlWriter.Write(root), out var read, out var error), error);
        Assert.True(JsonNode.DeepEquals(root, read));
    }

    [Theory]
    [InlineData("""{"a":null}""")]
    [InlineData("""{"a":[null]}""")]
    [InlineData("""{"a":9223372036854775808}""")]
    public void Refuses_WhatTomlHasNoWordFor(string json) =>
        Assert.Throws<ArgumentException>(() => TomlWriter.Write(JsonNode.Parse(json)!.AsObject()));

    [Fact]
    public void Refuses_NestingThatTheReaderWouldRefuse()
    {
        var root = new JsonObject();
        var at = root;
        for (var i = 0; i < TomlDocument.MaxDepth + 1; i++)
        {
            at["a"] = new JsonObject();
            at = at["a"]!.AsObject();
        }

        Assert.Throws<ArgumentException>(() => TomlWriter.Write(root));
    }
}
