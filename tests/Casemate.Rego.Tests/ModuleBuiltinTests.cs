namespace Casemate.Rego.Tests;

/// <summary><c>rego.parse_module</c> and <c>providers.aws.sign_req</c>.</summary>
public sealed class ModuleBuiltinTests
{
    [Fact]
    public void AModule_BecomesATree()
    {
        var tree = Policy.P("""
            p := rego.parse_module("a.rego", `package a.b
            import data.c as d
            default q := 1
            q contains {"k": [x]} if { some x in input.xs; not d.f(x, _) with input as null }
            r.s[t] = u if every k, v in {t: u | t; u = 1} { k == v } else := 2`)
            """);

        string[] parts =
        [
            "'package': {'path': [{'type': 'var', 'value': 'data'}, {'type': 'string', 'value': 'a'}, {'type': 'string', 'value': 'b'}]}",
            "'alias': 'd'",
            "'default': true, 'head': {'assign': true, 'name': 'q'",
            "'negated': true",
            "'symbols': [{'type': 'call', 'value': [{'type': 'ref', 'value': [{'type': 'var', 'value': 'internal'}",
            "'with': [{'target': {'type': 'var', 'value': 'input'}, 'value': {'type': 'null', 'value': {}}}]",
            "'type': 'objectcomprehension'",
            "'else': {'body'",
        ];
        Assert.All(parts, part => Assert.Contains(part, tree.Replace('"', '\'')));
    }

    [Fact]
    public void ATextThatIsNoModule_IsAnErrorOfTheFunction()
    {
        Assert.Equal("undefined", Policy.P("p := rego.parse_module(\"a.rego\", \"package\")"));
        Assert.Equal("eval_builtin_error", Policy.P(
            "p := rego.parse_module(\"a.rego\", \"package\")", options: new RegoEvaluation { StrictBuiltinErrors = true }));
    }

    [Theory]
    [InlineData("{\"method\": \"GET\"}", "{}", 1)]
    [InlineData("{\"method\": \"GET\", \"url\": \"example\"}", "{\"aws_access_key\": \"k\", \"aws_secret_access_key\": \"s\", \"aws_service\": \"s3\", \"aws_region\": \"r\"}", 1)]
    [InlineData("{\"method\": \"GET\", \"url\": \"https://a/b c\"}", "{\"aws_access_key\": \"k\", \"aws_secret_access_key\": \"s\", \"aws_service\": \"s3\", \"aws_region\": \"r\"}", 1)]
    [InlineData("{\"method\": \"GET\", \"url\": \"https://a/\", \"headers\": {\"x\": 1}}", "{\"aws_access_key\": \"k\", \"aws_secret_access_key\": \"s\", \"aws_service\": \"s3\", \"aws_region\": \"r\"}", 1)]
    [InlineData("{\"method\": \"GET\", \"url\": \"https://a/\"}", "{\"aws_access_key\": \"k\", \"aws_secret_access_key\": \"s\", \"aws_service\": \"s3\", \"aws_region\": \"r\"}", "0.5")]
    public void ARequestThatCannotBeSigned_IsUndefined(string request, string config, object time) =>
        Assert.Equal("undefined", Policy.P($"p := providers.aws.sign_req({request}, {config}, {time})"));

    [Fact]
    public void ASignedRequest_HasTheQueryInItsSignature_AndNoSecret()
    {
        const string Config = "{\"aws_access_key\": \"k\", \"aws_secret_access_key\": \"hidden\", \"aws_service\": \"ec2\", \"aws_region\": \"r\"}";
        var one = Policy.P($"p := providers.aws.sign_req({{\"method\": \"GET\", \"url\": \"https://a:8443/x?y=1\"}}, {Config}, 0)");
        var other = Policy.P($"p := providers.aws.sign_req({{\"method\": \"GET\", \"url\": \"https://a:8443/x?y=2\"}}, {Config}, 0)");

        Assert.Contains("\"host\": \"a:8443\", \"x-amz-date\": \"19700101T000000Z\"", one);
        Assert.DoesNotContain("hidden", one);
        Assert.DoesNotContain("x-amz-content-sha256", one);
        Assert.NotEqual(one.Replace("y=1", "y=2", StringComparison.Ordinal), other);
    }
}
