using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Primitives.Jose;
using Casemate.Primitives.Text;
using Casemate.Testing;
using Casemate.Testing.Attestation;

namespace Casemate.Broker.Tests.Tokens;

public sealed class TokenIssuerTests : IDisposable
{
    private static readonly DateTimeOffset Noon = SimulatedHardware.Noon;
    private readonly TemporaryDirectory _directory = new();
    private readonly TokenIssuer _issuer;
    private readonly ECDsa _attacker = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly TestWorkload _workload = TestWorkload.WithEcKey();

    public TokenIssuerTests() => _issuer = TokenIssuer.Open(KeyFile);

    private string KeyFile => _directory.File("token.key");

    public void Dispose()
    {
        _issuer.Dispose();
        _attacker.Dispose();
        _workload.Dispose();
        _directory.Dispose();
    }

    private TokenSubject Subject(bool simulated = false) => new()
    {
        Tee = "snp",
        Simulated = simulated,
        TrustVector = new TrustVector { Hardware = 2, Executables = 3, Configuration = 3 },
        PolicyName = "p",
        Nonce = "bm9uY2U=",
        TeePublicKey = Encoding.UTF8.GetBytes(_workload.PublicKeyJson),
        ReportData = new byte[64],
        WriteEvidence = writer => writer.WriteString("measurement", "00"),
    };

    private string? Problem(string token, DateTimeOffset? now = null) =>
        _issuer.TryVerify(token, now ?? Noon, out _, out var error) ? null : error;

    private static string Encode(JsonNode node) => Base64UrlText.Encode(Encoding.UTF8.GetBytes(node.ToJsonString()));

    private static JsonNode Part(string token, int part) =>
        Base64UrlText.TryDecode(token.Split('.')[part], out var bytes) ? JsonNode.Parse(bytes)! : throw new FormatException(token);

    private static string Sign(JsonNode header, JsonNode payload, ECDsa key)
    {
        var signed = $"{Encode(header)}.{Encode(payload)}";
        return $"{signed}.{Base64UrlText.Encode(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    [Fact]
    public void Recognises_ItsOwnTokens()
    {
        var issued = _issuer.Issue(Subject(simulated: true), Noon);
        Assert.True(_issuer.TryVerify(issued.Text, Noon, out var token, out var error), error);
        Assert.Equal(issued.Id, token.Id);
        Assert.Equal("snp", token.Tee);
        Assert.True(token.Simulated);
        Assert.Equal(Noon + TimeSpan.FromMinutes(5), token.Expires);
        using var key = JsonDocument.Parse(_workload.PublicKeyJson);
        Assert.True(Jwk.TryRead(key.RootElement, out var jwk, out _));
        Assert.Equal(jwk.Thumbprint(), token.TeePublicKey.Thumbprint());
    }

    [Fact]
    public void Says_SimulatedOnlyWhenItIs()
    {
        var claims = Part(_issuer.Issue(Subject(), Noon).Text, 1);
        Assert.Null(claims["simulated"]);
        Assert.Null(claims["submods"]!["cpu0"]!["simulated"]);
        Assert.Equal("affirming", (string?)claims["submods"]!["cpu0"]!["ear.status"]);
        claims = Part(_issuer.Issue(Subject(simulated: true), Noon).Text, 1);
        Assert.True((bool)claims["simulated"]!);
        Assert.True((bool)claims["submods"]!["cpu0"]!["simulated"]!);
    }

    [Fact]
    public void Header_CarriesTheKeyThatTheKeySetPublishes()
    {
        var header = Part(_issuer.Issue(Subject(), Noon).Text, 0);
        Assert.Equal("ES256", (string?)header["alg"]);
        Assert.Equal("JWT", (string?)header["typ"]);
        Assert.Equal("ES256", (string?)header["jwk"]!["alg"]);
        var set = JsonNode.Parse(_issuer.JwksJson.Span)!;
        var key = Assert.Single(set["keys"]!.AsArray())!;
        Assert.Equal((string?)header["kid"], (string?)key["kid"]);
        Assert.Equal((string?)header["jwk"]!["x"], (string?)key["x"]);
        Assert.Equal("sig", (string?)key["use"]);
        Assert.Null(key["d"]);
        using var document = JsonDocument.Parse(key.ToJsonString());
        Assert.True(Jwk.TryRead(document.RootElement, out var jwk, out _));
        Assert.Equal(_issuer.KeyId, jwk.Thumbprint());
    }

    [Fact]
    public void Keeps_ItsKeyAcrossRestarts_ReadableByItsOwnerAlone()
    {
        var token = _issuer.Issue(Subject(), Noon).Text;
        using var restarted = TokenIssuer.Open(KeyFile);
        Assert.True(restarted.TryVerify(token, Noon, out _, out _));
        Assert.Equal(_issuer.KeyId, restarted.KeyId);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
        }
    }

    [Fact]
    public async Task Makes_OneKey_WhenSeveralStartTogether()
    {
        var path = _directory.File("race.key");
        var issuers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => TokenIssuer.Open(path))));
        Assert.Single(issuers.Select(i => i.KeyId).Distinct());
        Array.ForEach(issuers, i => i.Dispose());
    }

    [Theory]
    [InlineData("")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]
    [InlineData("not a key")]
    public void Refuses_DamagedKeyFiles(string content)
    {
        File.WriteAllText(_directory.File("bad.key"), content);
        Assert.Contains(
            "no P-256 private key", Assert.Throws<InvalidDataException>(() => TokenIssuer.Open(_directory.File("bad.key"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_KeysOfOtherCurves_AndPublicKeys()
    {
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        File.WriteAllText(_directory.File("p384.key"), p384.ExportPkcs8PrivateKeyPem());
        Assert.Throws<InvalidDataException>(() => TokenIssuer.Open(_directory.File("p384.key")));
    }

    [Fact]
    public void Refuses_ExpiredTokens_ToTheSecond()
    {
        var token = _issuer.Issue(Subject(), Noon).Text;
        Assert.Null(Problem(token, Noon.AddSeconds(299)));
        Assert.Equal("the token has expired", Problem(token, Noon.AddSeconds(300)));
        Assert.Equal("the token is not valid yet", Problem(token, Noon.AddSeconds(-61)));
        Assert.Null(Problem(token, Noon.AddSeconds(-59)));
    }

    [Fact]
    public void Refuses_AlgNone()
    {
        var token = _issuer.Issue(Subject(), Noon).Text;
        foreach (var algorithm in (string[])["none", "None", "NONE", "HS256", "ES384", "RS256"])
        {
            var header = Part(token, 0);
            header["alg"] = algorithm;
            Assert.Equal("alg is not ES256", Problem($"{Encode(header)}.{token.Split('.')[1]}." + token.Split('.')[2]));
            Assert.Equal("alg is not ES256", Problem($"{Encode(header)}.{token.Split('.')[1]}."));
        }
    }

    [Fact]
    public void Refuses_TokensOfAnotherKey_HoweverTheyAreDressed()
    {
        var genuine = _issuer.Issue(Subject(), Noon).Text;
        var payload = Part(genuine, 1);
        var theirs = JsonNode.Parse(Jwk.FromEc(_attacker.ExportParameters(false), "ES256").ToJson())!;

        var bare = new JsonObject { ["alg"] = "ES256" };
        Assert.Equal("the signature is not this broker's", Problem(Sign(bare, payload, _attacker)));

        var withTheirKey = new JsonObject { ["alg"] = "ES256", ["jwk"] = theirs.DeepClone() };
        Assert.Equal("the token names another key", Problem(Sign(withTheirKey, payload, _attacker)));

        var withOurKeyId = new JsonObject { ["alg"] = "ES256", ["kid"] = _issuer.KeyId, ["jwk"] = theirs.DeepClone() };
        Assert.Equal("the token names another key", Problem(Sign(withOurKeyId, payload, _attacker)));

        var withOurKey = Part(genuine, 0);
        Assert.Equal("the signature is not this broker's", Problem(Sign(withOurKey, payload, _attacker)));

        var withUrls = new JsonObject
        {
            ["alg"] = "ES256",
            ["jku"] = "https://attacker.example/jwks",
            ["x5u"] = "https://attacker.example/x5u"
        };
        Assert.Equal("the signature is not this broker's", Problem(Sign(withUrls, payload, _attacker)));
    }

    [Fact]
    public void Refuses_EveryChangeOfThePayload()
    {
        var token = _issuer.Issue(Subject(), Noon).Text;
        var parts = token.Split('.');
        foreach (var (name, value) in ((string, JsonNode)[])[("exp", 99_999_999_999), ("iss", "me"), ("simulated", false), ("jti", "x")])
        {
            var payload = Part(token, 1);
            payload[name] = value.DeepClone();
            Assert.Equal("the signature is not this broker's", Problem($"{parts[0]}.{Encode(payload)}.{parts[2]}"));
        }

        var random = new Random(11);
        for (var i = 0; i < 2_000; i++)
        {
            var changed = token.ToCharArray();
            var at = random.Next(changed.Length);
            var other = "ABCxyz01-_."[random.Next(11)];
            if (changed[at] != other)
            {
                changed[at] = other;
                Assert.NotNull(Problem(new string(changed)));
            }
        }
    }

    [Theory]
    [InlineData("eat_profile", "\"other\"", "another profile or issuer")]
    [InlineData("iss", "\"other\"", "another profile or issuer")]
    [InlineData("exp", "\"tomorrow\"", "lacks iat, exp or jti")]
    [InlineData("exp", "1e400", "lacks iat, exp or jti")]
    [InlineData("exp", "-5", "lacks iat, exp or jti")]
    [InlineData("jti", "7", "lacks iat, exp or jti")]
    [InlineData("submods", "{}", "no workload key")]
    [InlineData("submods", "[]", "no workload key")]
    public void Refuses_ClaimsThatItWouldNotWrite_EvenSignedByItsOwnKey(string claim, string value, string expected)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(KeyFile));
        var token = _issuer.Issue(Subject(), Noon).Text;
        var payload = Part(token, 1).ToJsonString();
        using var document = JsonDocument.Parse(payload);
        var members = document.RootElement.EnumerateObject().Select(
            m => m.Name == claim ? $"\"{claim}\":{value}" : $"\"{m.Name}\":{m.Value.GetRawText()}");
        var forged = Jws.SignEs256("""{"alg":"ES256"}"""u8, Encoding.UTF8.GetBytes("{" + string.Join(',', members) + "}"), key);
        Assert.Contains(expected, Problem(forged), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("a.b.c")]
    [InlineData("..")]
    public void Refuses_WhatIsNoToken(string token) => Assert.NotNull(Problem(token));

    [Fact]
    public void Trust_FollowsTheWorstClaim()
    {
        Assert.Equal("none", default(TrustVector).Status);
        Assert.Equal("affirming", new TrustVector { Hardware = 2, Executables = 3, Configuration = 3 }.Status);
        Assert.Equal("warning", new TrustVector { Hardware = 32, Executables = 3, Configuration = 3 }.Status);
        Assert.Equal("warning", new TrustVector { Hardware = 2, Executables = 33, Configuration = 2 }.Status);
        Assert.Equal("contraindicated", new TrustVector { Hardware = 97, Executables = 3, Configuration = 3 }.Status);
    }

    [Theory]
    [InlineData("", 300)]
    [InlineData("x", 5)]
    [InlineData("x", 90_000)]
    public void Refuses_OptionsOutOfRange(string issuer, int seconds) => Assert.Throws<ArgumentException>(
        () => TokenIssuer.Open(KeyFile, new TokenOptions { Issuer = issuer, Lifetime = TimeSpan.FromSeconds(seconds) }));

    [Fact]
    public async Task Works_ForManyAtOnce()
    {
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() =>
            Assert.Null(Problem(_issuer.Issue(Subject(), Noon).Text)))));
    }
}
