using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Attestation.ConfidentialContainers;

namespace Casemate.Attestation.Tests.ConfidentialContainers;

public class KbsRuntimeDataTests
{
    private const string Key = """{"kty":"EC","alg":"ECDH-ES+A256KW","y":"Yg","x":"YQ","crv":"P-256"}""";

    private static byte[] Digest(string key, string nonce = "bm9uY2U=", string additional = "")
    {
        using var document = JsonDocument.Parse(key);
        return KbsRuntimeData.Digest(nonce, document.RootElement, additional);
    }

    [Fact]
    public void Hashes_TheCanonicalObject() => Assert.Equal(
        SHA384.HashData(
            [
                .. """{"additional-evidence":"","nonce":"bm9uY2U=","tee-pubkey":"""u8,
                .. """{"alg":"ECDH-ES+A256KW","crv":"P-256","kty":"EC","x":"YQ","y":"Yg"}}"""u8,
            ]),
        Digest(Key));

    [Fact]
    public void Binds_TextExactlyAsSent()
    {
        // The text inside a JSON string is data: escapes are undone once, by the outer parser, and nothing is trimmed.
        Assert.Equal(
            SHA384.HashData("""{"additional-evidence":"{\"nvidia\": {\"a\":\"é<>\"}}","nonce":"+/=","tee-pubkey":{}}"""u8),
            Digest("{}", "+/=", """{"nvidia": {"a":"é<>"}}"""));
    }

    [Fact]
    public void Changes_WithEveryPart_AndWithMembersNobodyKnows()
    {
        byte[][] all =
        [
            Digest(Key), Digest(Key, "b25jZQ=="), Digest(Key, additional: " "), Digest(Key.Replace("YQ", "YR", StringComparison.Ordinal)),
            Digest(Key.Replace("\"kty\"", "\"extra\":1,\"kty\"", StringComparison.Ordinal)),
        ];
        Assert.Equal(all.Length, all.Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public void Pads_OnTheRight()
    {
        var reportData = KbsRuntimeData.ToReportData(Enumerable.Repeat((byte)7, 48).ToArray());
        Assert.Equal(64, reportData.Length);
        Assert.All(reportData[..48], b => Assert.Equal(7, b));
        Assert.All(reportData[48..], b => Assert.Equal(0, b));
    }
}
