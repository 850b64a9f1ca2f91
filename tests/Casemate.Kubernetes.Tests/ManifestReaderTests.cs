using System.Text;
using System.Text.Json;

namespace Casemate.Kubernetes.Tests;

/// <summary>YAML as objects, as Kubernetes reads it; and texts that are meant to do harm.</summary>
public sealed class ManifestReaderTests
{
    [Fact]
    public void Reads_EveryDocument_AndTheItemsOfLists()
    {
        var objects = ManifestReader.Parse(
            """
            # a comment
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: a}
            ---
            ---
            apiVersion: v1
            kind: List
            items:
            - {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}
            - {apiVersion: v1, kind: ConfigMap, metadata: {generateName: c-}}
            ...
            """);

        Assert.Equal(["Namespace a", "ConfigMap b", "ConfigMap "], objects.Select(one => one.ToString()));
    }

    [Fact]
    public void Reads_Json() => Assert.Equal(
        "x/p", Assert.Single(ManifestReader.Parse("""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"x"}}""")).Key);

    [Theory]
    [InlineData("0644", "420")]
    [InlineData("0o17", "15")]
    [InlineData("0x1F", "31")]
    [InlineData("-12", "-12")]
    [InlineData("1_000", "1000")]
    [InlineData("08", "8")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("-9223372036854775808", "-9223372036854775808")]
    [InlineData("1.50", "1.5")]
    [InlineData("1e3", "1000")]
    [InlineData(".5", "0.5")]
    [InlineData("true", "true")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("100m", "\"100m\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("2026-03-01", "\"2026-03-01\"")]
    [InlineData("2026-03-01T12:00:00Z", "\"2026-03-01T12:00:00Z\"")]
    [InlineData("-", "\"-\"", true)]
    [InlineData("+-1", "\"+-1\"")]
    [InlineData("0xZZ", "\"0xZZ\"")]
    [InlineData("\"0644\"", "\"0644\"")]
    [InlineData("!!str 12", "\"12\"")]
    [InlineData("!!int 12", "12")]
    [InlineData("'yes'", "\"yes\"")]
    [InlineData("2e400", "\"2e400\"")]
    public void Takes_APlainWord_ForWhatKubernetesTakesItFor(string written, string json, bool isRefused = false)
    {
        if (isRefused)
        {
            Assert.Throws<ManifestException>(() => ManifestReader.Parse(With(written)));
            return;
        }

        var value = ManifestReader.Parse(With(written))[0].Json.GetProperty("x");
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(json).RootElement, value), value.GetRawText());
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("NO")]
    [InlineData("on")]
    [InlineData("Off")]
    [InlineData("y")]
    public void Refuses_WordsThatReadersDisagreeAbout(string word) =>
        Assert.Contains("in quotes", Problem(With(word)), StringComparison.Ordinal);

    [Fact]
    public void Follows_Aliases_AndMerges()
    {
        var value = Assert.Single(ManifestReader.Parse(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: a, labels: &labels {app: x, tier: one}}
            selector: *labels
            both: {<<: *labels, tier: two}
            several: {<<: [{a: 1, b: 1}, {b: 2, c: 2}]}
            """));

        Assert.Equal("x", value.MapAt("selector")["app"]);
        Assert.Equal(("x", "two"), (value.MapAt("both")["app"], value.MapAt("both")["tier"]));
        Assert.Equal("""{"a":1,"b":1,"c":2}""", value.Json.GetProperty("several").GetRawText());
    }

    [Fact]
    public void Refuses_AliasesThatGrowWithoutEnd()
    {
        var text = new StringBuilder("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nl0: &l0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 12; i++)
        {
            text.Append($"l{i}: &l{i} [*l{i - 1}, *l{i - 1}, *l{i - 1}, *l{i - 1}, *l{i - 1}, *l{i - 1}, *l{i - 1}, *l{i - 1}]\n");
        }

        Assert.Contains("with every alias followed", Problem(text.ToString()), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_AnAliasOfWhatHoldsIt() => Assert.Contains("no anchor before it", Problem("a: &a [*a]"), StringComparison.Ordinal);

    [Fact]
    public void Refuses_MoreAnchors_AndDocuments_ThanAnyManifestHas()
    {
        var anchors = string.Concat(Enumerable.Range(0, ManifestReader.MaxAnchors + 1).Select(i => $"k{i}: &a{i} 1\n"));
        var documents = string.Concat(Enumerable.Repeat("---\n", ManifestReader.MaxDocuments + 1));

        Assert.Contains("anchors", Problem(anchors), StringComparison.Ordinal);
        Assert.Contains("documents", Problem(documents), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_WhatIsTooDeep_AlsoThroughAnAlias()
    {
        var deep = new string('[', 40) + new string(']', 40);

        Assert.Contains("nested deeper", Problem($"a: {new string('[', 100)}{new string(']', 100)}"), StringComparison.Ordinal);
        Assert.Contains("alias followed", Problem($"a: &a {deep}\nb: {new string('[', 40)}*a{new string(']', 40)}"), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_ATextThatIsTooLong() =>
        Assert.Contains("longer than", Problem(new string(' ', ManifestReader.MaxCharacters + 1)), StringComparison.Ordinal);

    [Theory]
    [InlineData("a: 1\na: 2", "line 2, column 1", "appears twice")]
    [InlineData("a: !!binary AA==", "line 1", "tag")]
    [InlineData("a: !ruby/object:X {}", "line 1", "tag")]
    [InlineData("a: *x", "line 1", "no anchor")]
    [InlineData("? [a]\n: b", "line 1", "a key is a word")]
    [InlineData("a: .inf", "line 1", "JSON")]
    [InlineData("a: 9223372036854775808", "line 1", "would be rounded")]
    [InlineData("{{ .Values.x }}", "line 1", "helm template")]
    [InlineData("a:\n\tb: 1", "line ", "tabs")]
    [InlineData("just text", "line 1", "apiVersion and kind")]
    [InlineData("apiVersion: v1\nkind: Pod", "line 1", "metadata.name")]
    [InlineData("---\n---\n- 1", "line 3", "apiVersion and kind")]
    [InlineData("apiVersion: v1\nkind: List", "line 1", "items")]
    [InlineData("apiVersion: v1\nkind: List\nitems: [{kind: Pod}]", "line 1", "an item")]
    [InlineData("{a: 1", "line ", "not YAML")]
    [InlineData("apiVersion: v1\nkind: Pod\n\0metadata: {name: a}", "line 3, column 1", "NUL")]
    public void Says_WhereItIsWrong_AndWhy(string text, string place, string problem)
    {
        var said = Problem(text);

        Assert.StartsWith("a.yaml, " + place, said, StringComparison.Ordinal);
        Assert.Contains(problem, said, StringComparison.Ordinal);
    }

    [Fact]
    public void Never_Throws_AnythingElse_WhateverTheText()
    {
        const string Seed = "apiVersion: v1\nkind: Pod\nmetadata: &m {name: p, labels: {a: \"b\"}}\nspec:\n- *m\n- |\n  text\n- 'x'\n";
        const string Wild = "{}[]&*!|>'\"%@`,:-?#\n\t \0\u0085\ufeffab";
        var random = new Random(7);
        for (var i = 0; i < 3000; i++)
        {
            var text = new StringBuilder(Seed);
            for (var k = 0; k < 3; k++)
            {
                text[random.Next(text.Length)] = Wild[random.Next(Wild.Length)];
            }

            ManifestReader.TryRead(text.ToString(), out var objects, out var problem);
            Assert.True(objects is null != problem is null);
        }
    }

    private static string With(string written) => $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\nx: {written}\n";

    private static string Problem(string text)
    {
        Assert.False(ManifestReader.TryRead(text, out _, out var problem, "a.yaml"));
        return problem;
    }
}
