using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Casemate.Attestation.ConfidentialContainers;

namespace Casemate.Attestation.Tests.ConfidentialContainers;

public class InitDataTests
{
    private const string Document = """"
        version = "0.1.0"
        algorithm = "sha384"
        [data]
        "aa.toml" = '''
        [token_configs.kbs]
        url = "http://127.0.0.1:8080"
        '''
        "cdh.toml" = "socket = 'unix:///run/cdh.sock'"
        "policy.rego" = '''
        package agent_policy
        policy_data := {"containers": [{"OCI": {"Version": "1.1.0"}}]}
        default AllowRequestsFailingPolicy := false
        '''
        "note" = "hello"
        """";

    private static InitData Read(string body) =>
        InitData.TryRead("toml", body, out var data, out var error) ? data : throw new FormatException(error);

    [Fact]
    public void Turns_TheDataTableIntoClaims()
    {
        var expected = JsonNode.Parse(
            """
            {"aa.toml":{"token_configs":{"kbs":{"url":"http://127.0.0.1:8080"}}},"cdh.toml":{"socket":"unix:///run/cdh.sock"},
             "agent_policy_claims":{"containers":[{"OCI":{"Version":"1.1.0"}}]},"note":"hello"}
            """);
        Assert.True(JsonNode.DeepEquals(expected, Read(Document).Claims), Read(Document).Claims.ToJsonString());
    }

    [Theory]
    [InlineData("sha256")]
    [InlineData("sha384")]
    [InlineData("sha512")]
    public void Is_BoundByItsDigest_CutOrPaddedToTheField(string algorithm)
    {
        var body = Document.Replace("sha384", algorithm, StringComparison.Ordinal);
        var bytes = Encoding.UTF8.GetBytes(body);
        var digest = algorithm switch
        {
            "sha256" => SHA256.HashData(bytes),
            "sha384" => SHA384.HashData(bytes),
            _ => SHA512.HashData(bytes)
        };
        var initData = Read(body);
        foreach (var size in (int[])[32, 48, 64])
        {
            var field = new byte[size];
            digest.AsSpan(0, Math.Min(size, digest.Length)).CopyTo(field);
            Assert.True(initData.IsBoundTo(field));
            field[^1] ^= 1;
            Assert.False(initData.IsBoundTo(field));
            Assert.False(initData.IsBoundTo(new byte[size]));
        }
    }

    [Fact]
    public void Digest_CoversEveryByte() =>
        Assert.False(Read(Document + "\n").IsBoundTo(SHA384.HashData(Encoding.UTF8.GetBytes(Document))));

    [Theory]
    [InlineData("json", "{}", "format is not toml")]
    [InlineData("toml", "algorithm = ", "line 1")]
    [InlineData("toml", "version = '0.1.0'", "algorithm is none of")]
    [InlineData("toml", "algorithm = 'md5'", "algorithm is none of")]
    [InlineData("toml", "algorithm = 384", "algorithm is none of")]
    public void Refuses(string format, string body, string expected)
    {
        Assert.False(InitData.TryRead(format, body, out _, out var error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_Oversized() => Assert.False(InitData.TryRead("toml", new string('#', InitData.MaxSize + 1), out _, out _));

    [Theory]
    [InlineData("policy_data := {\"a\": ")]
    [InlineData("policy_data := {\"a\":1,\"a\":2}")]
    [InlineData("package x")]
    public void Leaves_PolicyDataOut_ThatIsNoSoundJson(string policy)
    {
        var claims = Read($"algorithm = 'sha256'\n[data]\n'policy.rego' = '''{policy}'''").Claims;
        Assert.True(claims.ContainsKey("agent_policy_claims"));
        Assert.Null(claims["agent_policy_claims"]);
    }
}
