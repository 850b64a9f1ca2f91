using System.Text.Json.Nodes;
using Casemate.Primitives.Toml;

namespace Casemate.Primitives.Tests.Toml;

public class TomlDocumentTests
{
    private static JsonObject Parse(string text) =>
        TomlDocument.TryParse(text, out var root, out var error) ? root : throw new FormatException(error);

    private static void AssertParses(string json, string toml) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(json), Parse(toml)), Parse(toml).ToJsonString());

    [Fact]
    public void Reads_InitdataOfAConfidentialContainer() => AssertParses(
        """
        {"version":"0.1.0","algorithm":"sha384","data":{
          "aa.toml":"[token_configs]\n[token_configs.kbs]\nurl = 'http://127.0.0.1:8080'\n",
          "policy.rego":"package agent_policy\n\"x\"\n"}}
        """,
        """"
        version = "0.1.0"
        algorithm = "sha384" # of this whole text

        [data]
        "aa.toml" = '''
        [token_configs]
        [token_configs.kbs]
        url = 'http://127.0.0.1:8080'
        '''
        "policy.rego" = """
        package agent_policy
        "x"
        """
        """".Replace("\r", "", StringComparison.Ordinal));

    [Theory]
    [InlineData("a.b.c = 1\na.d = 2", """{"a":{"b":{"c":1},"d":2}}""")]
    [InlineData("[a.b]\nx=1\n[a]\ny=2", """{"a":{"b":{"x":1},"y":2}}""")]
    [InlineData("[[p]]\nn=1\n[[p]]\nn=2\n[p.q]\nz=3", """{"p":[{"n":1},{"n":2,"q":{"z":3}}]}""")]
    [InlineData("t = { a = 1, b.c = 'x' , d = [1, [2], {e=true}] }", """{"t":{"a":1,"b":{"c":"x"},"d":[1,[2],{"e":true}]}}""")]
    [InlineData("a = [ 1,\n # note\n 2,\n]", """{"a":[1,2]}""")]
    [InlineData("i = [+99, 0, -17, 1_000, 0xDEAD_beef, 0o755, 0b1101]", """{"i":[99,0,-17,1000,3735928559,493,13]}""")]
    [InlineData("f = [1.5, -0.01, 5e+2, 6.26e-3]", """{"f":[1.5,-0.01,500,0.00626]}""")]
    [InlineData("f = [inf, -inf, nan]", """{"f":["inf","-inf","nan"]}""")]
    [InlineData("d = [1979-05-27T07:32:00Z, 1979-05-27 00:32:00.5-07:00, 1979-05-27, 07:32:00]",
        """{"d":["1979-05-27T07:32:00Z","1979-05-27 00:32:00.5-07:00","1979-05-27","07:32:00"]}""")]
    [InlineData("\"quoted key\" = 1\n'lit' = 2\n\"\" = 3", """{"quoted key":1,"lit":2,"":3}""")]
    [InlineData("s = \"tab\\t quote\\\" \\u00e9 \\U0001F600\"", """{"s":"tab\t quote\" é 😀"}""")]
    [InlineData("s = \"\"\"a \\\n    b\"\"\"", """{"s":"a b"}""")]
    [InlineData("s = \"\"\"\"two quotes\"\"\"\"\"", """{"s":"\"two quotes\"\""}""")]
    [InlineData("s = 'C:\\x'\r\nt = ''", """{"s":"C:\\x","t":""}""")]
    [InlineData("", "{}")]
    [InlineData("# only a comment", "{}")]
    public void Reads(string toml, string json) => AssertParses(json, toml);

    [Theory]
    [InlineData("a = 1\na = 2", "line 2: key 'a' is defined twice")]
    [InlineData("[a]\n[a]", "line 2: table 'a' is defined twice")]
    [InlineData("a = {}\n[a]", "defined twice")]
    [InlineData("a = {}\na.b = 1", "cannot be extended|not a table that can be extended")]
    [InlineData("a = []\n[[a]]", "something else than an array of tables")]
    [InlineData("[a]\nb.c = 1\n[a.b]", "defined twice")]
    [InlineData("a = 1\na.b = 2", "not a table")]
    [InlineData("a =", "a value is expected")]
    [InlineData("a = x", "a value is expected")]
    [InlineData("a = 01", "a value is expected")]
    [InlineData("a = 1__0", "a value is expected")]
    [InlineData("a = 1.", "a value is expected")]
    [InlineData("a = 9223372036854775808", "does not fit")]
    [InlineData("a = 1 b = 2", "a value is expected|something follows")]
    [InlineData("a = 'x' y", "something follows the value")]
    [InlineData("a = \"x", "not closed")]
    [InlineData("a = \"\\q\"", "not one of TOML")]
    [InlineData("a = \"\\ud800\"", "not a Unicode character")]
    [InlineData("a = \"x\ny\"", "control character or an unexpected end of line")]
    [InlineData("a = [1 2]", "expected|a value")]
    [InlineData("a = {b=1,}", "a key is expected")]
    [InlineData("= 1", "a key is expected")]
    [InlineData("[a", "']' is expected")]
    [InlineData("# bad \u0001", "control character")]
    public void Refuses_NamingTheLine(string toml, string expected)
    {
        Assert.False(TomlDocument.TryParse(toml, out _, out var error));
        Assert.StartsWith("line ", error, StringComparison.Ordinal);
        Assert.Contains(expected.Split('|'), part => error.Contains(part, StringComparison.Ordinal));
    }

    [Fact]
    public void Refuses_DeepNesting_AndLongDocuments()
    {
        Assert.False(TomlDocument.TryParse("a = " + new string('[', 100_000), out _, out var error));
        Assert.Contains("nested deeper", error, StringComparison.Ordinal);
        Assert.False(TomlDocument.TryParse(new string(' ', TomlDocument.MaxLength + 1), out _, out _));
        Assert.False(TomlDocument.TryParse(string.Join('.', Enumerable.Repeat("a", 50)) + " = 1", out _, out _));
    }

    [Fact]
    public void Never_ThrowsOnHostileInput()
    {
        const string seed = "version = \"0.1.0\"\nn = [1, 2.5, 1979-05-27]\n[data]\n\"a.b\" = '''\nx'''\n"
            + "t = { a = true, b = \"\"\"y\\u00e9\"\"\" }\n[[p.q]]\nz=0x1F\n";
        const string alphabet = "\"'=[]{}.,#\\\n\r\t 019aeTZ_+-\u0000é";
        var random = new Random(5);
        for (var i = 0; i < 30_000; i++)
        {
            var text = seed.ToCharArray();
            for (var changes = random.Next(1, 6); changes > 0; changes--)
            {
                text[random.Next(text.Length)] = alphabet[random.Next(alphabet.Length)];
            }

            if (TomlDocument.TryParse(new string(text, 0, random.Next(text.Length + 1)), out var root, out var error))
            {
                Assert.NotNull(root.ToJsonString());
            }
            else
            {
                Assert.NotEmpty(error);
            }
        }
    }
}
