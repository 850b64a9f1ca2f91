using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Broker;
using Casemate.Primitives.Jose;
using Casemate.Primitives.Text;
using Casemate.Testing.Attestation;

namespace Casemate.Serve.Tests.Kbs;

/// <summary>The protocol on the wire, seen with the eyes of the stock client.</summary>
public class KbsProtocolTests
{
    private const string Secret = "/kbs/v0/resource/default/key/1";

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    public async Task Serves_TheStockClient_FromHandshakeToSecret(string tee)
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var workload = TestWorkload.WithEcKey();
        await fixture.TokenAsync(tee, workload);

        // The cookie jar alone carries the session now.
        using var response = await fixture.Client.GetAsync(Secret);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.True(response.Headers.CacheControl!.NoStore);
        var jwe = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal("the secret"u8.ToArray(), workload.Decrypt(jwe));

        // The stock client authenticates the header that it has rebuilt from the parsed members: alg, enc, then the rest by name.
        var sent = (string)JsonNode.Parse(jwe)!["protected"]!;
        Assert.True(Base64UrlText.TryDecode(sent, out var header));
        var parsed = JsonNode.Parse(header)!.AsObject();
        var epk = string.Join(
            ',', parsed["epk"]!.AsObject().OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"\"{m.Key}\":\"{m.Value}\""));
        var rebuilt = $"{{\"alg\":\"{parsed["alg"]}\",\"enc\":\"{parsed["enc"]}\",\"epk\":{{{epk}}}}}";
        Assert.Equal(sent, Base64UrlText.Encode(Encoding.UTF8.GetBytes(rebuilt)));
    }

    [Fact]
    public async Task Challenge_IsTheProtocols()
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var response = await fixture.PostAsync("/kbs/v0/auth", TestWorkload.AuthRequest("snp"));
        using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        Assert.Equal(["nonce", "extra-params"], json.RootElement.EnumerateObject().Select(m => m.Name));
        Assert.Equal("", json.RootElement.GetProperty("extra-params").GetString());
        Assert.Equal(32, json.RootElement.GetProperty("nonce").GetBytesFromBase64().Length);
        var cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"));
        Assert.Matches(
            "^kbs-session-id=[0-9a-f]{32}; Path=/kbs/v0; Expires=Thu, 01 Mar 2040 12:05:00 GMT; HttpOnly; SameSite=Strict$", cookie);
    }

    [Fact]
    public async Task Nonce_IsPlainBase64_ForClientsThatDoNotParseJson()
    {
        await using var fixture = await ServeFixture.StartAsync();
        for (var i = 0; i < 40; i++)
        {
            using var response = await fixture.PostAsync("/kbs/v0/auth", TestWorkload.AuthRequest("snp"));
            Assert.Matches("^\\{\"nonce\":\"[A-Za-z0-9+/]{43}=\",\"extra-params\":\"\"\\}$", await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task Attest_SetsTheSameCookie_AndAnswersAgainWithTheSameToken()
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var workload = TestWorkload.WithEcKey();
        using var auth = await fixture.PostAsync("/kbs/v0/auth", TestWorkload.AuthRequest("sgx"));
        var session = auth.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        using var json = JsonDocument.Parse(await auth.Content.ReadAsByteArrayAsync());
        var nonce = json.RootElement.GetProperty("nonce").GetString()!;
        var request = workload.AttestRequest(nonce, SimulatedHardware.Shared.Evidence("sgx", workload.Digest(nonce)));
        using var first = await fixture.PostAsync("/kbs/v0/attest", request);
        using var second = await fixture.PostAsync("/kbs/v0/attest", request);
        Assert.Equal(session, first.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Serves_BearerTokens_OfAnyOtherConnection()
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var workload = TestWorkload.WithRsaKey();
        var token = await fixture.TokenAsync("tdx", workload);
        using var other = ServeFixture.NewClient(fixture.Server.Address);
        other.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Assert.Equal("the secret"u8.ToArray(), workload.Decrypt(await other.GetByteArrayAsync(Secret)));
    }

    [Fact]
    public async Task Tokens_VerifyWithThePublishedKeySet()
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var workload = TestWorkload.WithEcKey();
        var token = await fixture.TokenAsync("snp", workload);
        using var jwks = JsonDocument.Parse(await fixture.Client.GetByteArrayAsync("/.well-known/jwks.json"));
        Assert.True(Jwk.TryRead(jwks.RootElement.GetProperty("keys")[0], out var key, out _));
        Assert.True(UnverifiedJws.TryRead(token, out var jws, out _));
        Assert.Equal(jwks.RootElement.GetProperty("keys")[0].GetProperty("kid").GetString(), jws.KeyId);
        using var ecdsa = ECDsa.Create(key.ToEcParameters());
        Assert.True(jws.TryVerify(ecdsa, out _));
    }

    [Fact]
    public async Task Refuses_OtherProtocolVersions()
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var response = await fixture.PostAsync("/kbs/v0/auth", TestWorkload.AuthRequest("snp", "0.1.1"));
        var detail = await ServeFixture.ErrorAsync(response, 401, "ProtocolVersionMismatch");
        Assert.Contains("Protocol Version Mismatch", detail, StringComparison.Ordinal);
        Assert.Contains("0.4.0", detail, StringComparison.Ordinal);
        Assert.Contains("0.1.1", detail, StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("Set-Cookie"));
    }

    [Theory]
    [InlineData(false, 403)]
    [InlineData(true, 401)]
    public async Task Refuses_AnUnknownMeasurement_NamingIt(bool compatible, int status)
    {
        await using var fixture = await ServeFixture.StartAsync(o => o with { KbsCompatibleStatusCodes = compatible });
        using var workload = TestWorkload.WithEcKey();
        using var response = await fixture.AttestAsync(
            "snp", workload,
            d => SimulatedHardware.Shared.Snp(KbsRuntimeData.ToReportData(d),
                    g => g with { Measurement = SimulatedHardware.Measurement(48, 0x66) }));
        var detail = await ServeFixture.ErrorAsync(response, status, "PolicyDeny");
        Assert.Contains("Identity", detail, StringComparison.Ordinal);
        Assert.Contains("666666", detail, StringComparison.Ordinal);
        using var denied = await fixture.Client.GetAsync(Secret);
        await ServeFixture.ErrorAsync(denied, 401, "TokenNotFound");
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    public async Task Refuses_SimulatedEvidence_UnderProductionRoots(string tee)
    {
        await using var fixture = await ServeFixture.StartAsync(o => o with { Roots = TrustRoots.Production });
        using var workload = TestWorkload.WithEcKey();
        using var response = await fixture.AttestAsync(tee, workload);
        Assert.Contains("TrustRoot", await ServeFixture.ErrorAsync(response, 401, "AttestationFailed"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    public async Task Refuses_DebugWorkloads(string tee)
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var workload = TestWorkload.WithEcKey();
        using var response = await fixture.AttestAsync(tee, workload, d => tee switch
        {
            "snp" => SimulatedHardware.Shared.Snp(
                KbsRuntimeData.ToReportData(d), g => g with { Policy = g.Policy | Simulator.SimulatedGuest.PolicyDebug }),
            "tdx" => SimulatedHardware.Shared.Tdx(KbsRuntimeData.ToReportData(d), t => t with { TdAttributes = t.TdAttributes | 1 }),
            _ => SimulatedHardware.Shared.Sgx(KbsRuntimeData.ToReportData(d), e => e with { Flags = e.Flags | 2 }),
        });
        Assert.Contains("Debug", await ServeFixture.ErrorAsync(response, 403, "PolicyDeny"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_WrongNonces_AndForeignKeys()
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var workload = TestWorkload.WithEcKey();
        using var thief = TestWorkload.WithEcKey();
        var nonce = await fixture.ChallengeAsync("tdx");
        var wrong = Convert.ToBase64String(new byte[32]);
        using var wrongNonce = await fixture.PostAsync(
            "/kbs/v0/attest", workload.AttestRequest(wrong, SimulatedHardware.Shared.Evidence("tdx", workload.Digest(wrong))));
        await ServeFixture.ErrorAsync(wrongNonce, 401, "AttestationFailed");
        using var wrongKey = await fixture.PostAsync(
            "/kbs/v0/attest", thief.AttestRequest(nonce, SimulatedHardware.Shared.Evidence("tdx", workload.Digest(nonce))));
        Assert.Contains("ReportData", await ServeFixture.ErrorAsync(wrongKey, 401, "AttestationFailed"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 403)]
    [InlineData(true, 401)]
    public async Task Refuses_SampleEvidence_UnlessAskedFor(bool compatible, int status)
    {
        await using var fixture = await ServeFixture.StartAsync(o => o with { KbsCompatibleStatusCodes = compatible });
        using var response = await fixture.PostAsync("/kbs/v0/auth", TestWorkload.AuthRequest("sample"));
        await ServeFixture.ErrorAsync(response, status, "UnsupportedTee");
    }

    [Fact]
    public async Task Serves_SampleEvidence_WhenAskedFor_AndSaysSo()
    {
        await using var fixture = await ServeFixture.StartAsync(o => o with { AcceptSampleEvidence = true });
        using var workload = TestWorkload.WithEcKey("nistP521");
        var token = await fixture.TokenAsync("sample", workload);
        Assert.True(Base64UrlText.TryDecode(token.Split('.')[1], out var payload));
        Assert.True((bool)JsonNode.Parse(payload)!["simulated"]!);
        Assert.Equal("the secret"u8.ToArray(), workload.Decrypt(await fixture.Client.GetByteArrayAsync(Secret)));
        Assert.Contains(fixture.Log, l => l.StartsWith("Warning 3121", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, 404, 400)]
    [InlineData(true, 401, 401)]
    public async Task Tells_MissingFromMalformed(bool compatible, int missing, int malformed)
    {
        await using var fixture = await ServeFixture.StartAsync(o => o with { KbsCompatibleStatusCodes = compatible });
        using var workload = TestWorkload.WithEcKey();
        await fixture.TokenAsync("sgx", workload);
        using var absent = await fixture.Client.GetAsync("/kbs/v0/resource/default/key/absent");
        await ServeFixture.ErrorAsync(absent, missing, "ResourceNotFound");
        using var nonsense = await fixture.PostAsync("/kbs/v0/auth", "nonsense"u8.ToArray());
        await ServeFixture.ErrorAsync(nonsense, malformed, "MalformedRequest");
        using var noPath = await fixture.Client.GetAsync("/kbs/v0/nothing/here");
        await ServeFixture.ErrorAsync(noPath, 404, "PluginNotFound");                  // 404 in both: there is no such path at all
    }

    [Fact]
    public async Task Policy_GrantsResources()
    {
        Assert.True(ResourcePattern.TryParse("default/*/*", out var pattern));
        await using var fixture = await ServeFixture.StartAsync(o => o with { Policy = o.Policy with { Resources = [pattern] } });
        await fixture.Server.Resources.PutAsync(ResourcePath.Parse("private/key/1"), "x"u8.ToArray());
        using var workload = TestWorkload.WithEcKey();
        await fixture.TokenAsync("sgx", workload);
        using var there = await fixture.Client.GetAsync("/kbs/v0/resource/private/key/1");
        using var absent = await fixture.Client.GetAsync("/kbs/v0/resource/private/key/2");
        Assert.Equal(await ServeFixture.ErrorAsync(there, 403, "PolicyDeny"), await ServeFixture.ErrorAsync(absent, 403, "PolicyDeny"));
    }

    [Fact]
    public async Task Sessions_End_AndAskForANewHandshake()
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var workload = TestWorkload.WithEcKey();
        var token = await fixture.TokenAsync("sgx", workload);
        fixture.Clock.Advance(TimeSpan.FromMinutes(5));
        using var expired = await fixture.Client.SendAsync(fixture.Admin(HttpMethod.Get, Secret, token: token));
        Assert.Contains("expired", await ServeFixture.ErrorAsync(expired, 401, "TokenInvalid"), StringComparison.Ordinal);
        Assert.Equal("Bearer", Assert.Single(expired.Headers.WwwAuthenticate).Scheme);
        using var attest = await fixture.PostAsync("/kbs/v0/attest", "{}"u8.ToArray());
        await ServeFixture.ErrorAsync(attest, 401, "SessionNotFound");
        await fixture.TokenAsync("sgx", workload);
        Assert.Equal("the secret"u8.ToArray(), workload.Decrypt(await fixture.Client.GetByteArrayAsync(Secret)));
    }

    [Fact]
    public async Task Answers_429_WhenTooManyHandshakesAreOpen()
    {
        await using var fixture = await ServeFixture.StartAsync(o => o with { Limits = new BrokerLimits { MaxSessions = 2 } });
        await fixture.ChallengeAsync("snp");
        await fixture.ChallengeAsync("snp");
        using var response = await fixture.PostAsync("/kbs/v0/auth", TestWorkload.AuthRequest("snp"));
        await ServeFixture.ErrorAsync(response, 429, "TooManySessions");
        Assert.Equal(TimeSpan.FromMinutes(5), response.Headers.RetryAfter!.Delta);
    }

    [Fact]
    public async Task Answers_503_WhenCollateralIsMissing_AndLogsWhy()
    {
        await using var fixture = await ServeFixture.StartAsync(o => o with { Collateral = new BrokenCollateral() });
        using var workload = TestWorkload.WithEcKey();
        using var response = await fixture.AttestAsync("sgx", workload);
        await ServeFixture.ErrorAsync(response, 503, "CollateralUnavailable");
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Contains(
            fixture.Log, l => l.Contains("Error 3010", StringComparison.Ordinal) && l.Contains("disk on fire", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Answers_503_WhenAResourceIsDamaged()
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var workload = TestWorkload.WithEcKey();
        await fixture.TokenAsync("sgx", workload);
        File.WriteAllText(Directory.EnumerateFiles(fixture.Server.State.Resources, "*.sealed").Single(), "damaged");
        using var response = await fixture.Client.GetAsync(Secret);
        Assert.DoesNotContain(fixture.Folder, await ServeFixture.ErrorAsync(response, 503, "StorageUnavailable"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("other-key")]
    [InlineData("own-header-key")]
    [InlineData("not-a-token")]
    [InlineData("admin-token")]
    public async Task Refuses_ForgedTokens(string kind)
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var workload = TestWorkload.WithEcKey();
        var parts = (await fixture.TokenAsync("sgx", workload)).Split('.');
        using var attacker = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.True(Base64UrlText.TryDecode(parts[1], out var payload));
        var jwk = Encoding.UTF8.GetString(Jwk.FromEc(attacker.ExportParameters(false), "ES256").ToJson());
        var forged = kind switch
        {
            "none" => $"{Base64UrlText.Encode("""{"alg":"none"}"""u8)}.{parts[1]}.",
            "other-key" => Jws.SignEs256("""{"alg":"ES256"}"""u8, payload, attacker),
            "own-header-key" => Jws.SignEs256(Encoding.UTF8.GetBytes($$"""{"alg":"ES256","jwk":{{jwk}}}"""), payload, attacker),
            "admin-token" => fixture.AdminToken,
            _ => "not.a.token",
        };
        using var other = ServeFixture.NewClient(fixture.Server.Address);
        using var response = await other.SendAsync(fixture.Admin(HttpMethod.Get, Secret, token: forged));
        await ServeFixture.ErrorAsync(response, 401, "TokenInvalid");
    }

    [Fact]
    public async Task Stores_AndRemovesResources_ForTheAdministrator()
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var stored = await fixture.Client.SendAsync(fixture.Admin(HttpMethod.Post, "/kbs/v0/resource/a/b/c", "new"u8.ToArray()));
        Assert.Equal(HttpStatusCode.OK, stored.StatusCode);
        Assert.Equal("new"u8.ToArray(), await fixture.Server.Resources.GetAsync(ResourcePath.Parse("a/b/c")));
        using var removed = await fixture.Client.SendAsync(fixture.Admin(HttpMethod.Delete, "/kbs/v0/resource/a/b/c"));
        Assert.Equal(HttpStatusCode.OK, removed.StatusCode);
        using var again = await fixture.Client.SendAsync(fixture.Admin(HttpMethod.Delete, "/kbs/v0/resource/a/b/c"));
        await ServeFixture.ErrorAsync(again, 404, "ResourceNotFound");
        using var empty = await fixture.Client.SendAsync(fixture.Admin(HttpMethod.Post, "/kbs/v0/resource/a/b/c", []));
        await ServeFixture.ErrorAsync(empty, 400, "MalformedRequest");
        using var large = await fixture.Client.SendAsync(
            fixture.Admin(HttpMethod.Post, "/kbs/v0/resource/a/b/c", new byte[1024 * 1024 + 1]));
        await ServeFixture.ErrorAsync(large, 413, "PayloadTooLarge");
        using var full = await fixture.Client.SendAsync(fixture.Admin(HttpMethod.Post, "/kbs/v0/resource/a/b/c", new byte[1024 * 1024]));
        Assert.Equal(HttpStatusCode.OK, full.StatusCode);
    }

    [Fact]
    public async Task Refuses_EverybodyElse_AsAdministrator()
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var workload = TestWorkload.WithEcKey();
        var token = await fixture.TokenAsync("sgx", workload);
        var admin = fixture.AdminToken;
        foreach (var wrong in (string?[])[null, "", token, admin[..^1], admin + "x", admin.ToUpperInvariant(), "x"])
        {
            foreach (var method in (HttpMethod[])[HttpMethod.Post, HttpMethod.Delete])
            {
                using var request = new HttpRequestMessage(method, Secret) { Content = new ByteArrayContent("x"u8.ToArray()) };
                if (wrong is not null)
                {
                    request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {wrong}");
                }

                using var response = await fixture.Client.SendAsync(request);
                await ServeFixture.ErrorAsync(response, 401, "AdminAuthAccess");
            }
        }

        using var basic = new HttpRequestMessage(HttpMethod.Delete, Secret);
        basic.Headers.TryAddWithoutValidation("Authorization", $"Basic {admin}");
        using var refused = await fixture.Client.SendAsync(basic);
        await ServeFixture.ErrorAsync(refused, 401, "AdminAuthAccess");
        Assert.NotNull(await fixture.Server.Resources.GetAsync(ResourcePath.Parse("default/key/1")));
        Assert.DoesNotContain(fixture.Log, l => l.Contains(admin, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET", "/kbs/v0/auth", 405, "MethodNotAllowed")]
    [InlineData("PUT", "/kbs/v0/attest", 405, "MethodNotAllowed")]
    [InlineData("PUT", "/kbs/v0/resource/a/b/c", 405, "MethodNotAllowed")]
    [InlineData("POST", "/healthz", 405, "MethodNotAllowed")]
    [InlineData("POST", "/metrics", 405, "MethodNotAllowed")]
    [InlineData("GET", "/", 404, "InvalidRequestPath")]
    [InlineData("GET", "/kbs/v1/auth", 404, "InvalidRequestPath")]
    [InlineData("GET", "/kbs/v0/", 404, "PluginNotFound")]
    [InlineData("POST", "/kbs/v0/AUTH", 404, "PluginNotFound")]
    [InlineData("POST", "/kbs/v0/auth/", 404, "PluginNotFound")]
    [InlineData("GET", "/kbs/v0/resource/a/b", 404, "InvalidRequestPath")]
    [InlineData("GET", "/kbs/v0/resource/a/b/c/d", 404, "InvalidRequestPath")]
    [InlineData("GET", "/kbs/v0/resource/a/b/%2e%2e", 404, "PluginNotFound|InvalidRequestPath")]
    [InlineData("GET", "/kbs/v0/resource/a%2fb/c/d", 404, "InvalidRequestPath")]
    [InlineData("GET", "/kbs/v0/resource/a/b/%00", 404, "InvalidRequestPath")]
    [InlineData("GET", "/kbs/v0/resource/%2E%2E/%2E%2E/token.key", 404, "InvalidRequestPath|PluginNotFound")]
    [InlineData("GET", "/kbs/v0/resource/a/b/.lock", 404, "InvalidRequestPath")]
    public async Task Answers_OtherPathsAndMethods(string method, string path, int status, string names)
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), fixture.Server.Address.AbsoluteUri.TrimEnd('/') + path);
        using var response = await fixture.Client.SendAsync(request);
        if ((int)response.StatusCode == 400)
        {
            return;                                                        // the server itself refuses the path (a NUL in it)
        }

        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains(names.Split('|'), n => ((string)body["type"]!).EndsWith("/" + n, StringComparison.Ordinal));
        Assert.Equal(status == 405, response.Content.Headers.Allow.Count > 0);
    }

    [Fact]
    public async Task Limits_Bodies_WithAndWithoutALength()
    {
        await using var fixture = await ServeFixture.StartAsync();
        foreach (var (path, size) in ((string, int)[])[("/kbs/v0/auth", 16 * 1024 + 1), ("/kbs/v0/attest", 2 * 1024 * 1024 + 1)])
        {
            foreach (var chunked in (bool[])[false, true])
            {
                using var response = await AnswerToAsync(fixture, path, size, chunked);
                await ServeFixture.ErrorAsync(response, 413, "PayloadTooLarge");
            }
        }

        await fixture.ChallengeAsync("snp");
    }

    // The service answers and closes without reading on. A client that is still sending may see the closed connection before the
    // answer: that is its race to lose, so it asks again.
    private static async Task<HttpResponseMessage> AnswerToAsync(ServeFixture fixture, string path, int size, bool chunked)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(new byte[size]) };
            request.Headers.TransferEncodingChunked = chunked;
            using var client = ServeFixture.NewClient(fixture.Server.Address);
            try
            {
                return await client.SendAsync(request);
            }
            catch (HttpRequestException e) when (e.InnerException is IOException && attempt < 50)
            {
                continue;
            }
        }
    }

    [Fact]
    public async Task Answers_HostileBodies_WithoutFailing()
    {
        await using var fixture = await ServeFixture.StartAsync(o => o with { Limits = new BrokerLimits { MaxAttemptsPerSession = 100 } });
        using var workload = TestWorkload.WithEcKey();
        var random = new Random(12);
        var nonce = await fixture.ChallengeAsync("snp");
        var valid = workload.AttestRequest(nonce, SimulatedHardware.Shared.Evidence("snp", workload.Digest(nonce)));
        for (var i = 0; i < 90; i++)
        {
            var bytes = (byte[])valid.Clone();
            for (var flips = random.Next(1, 8); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            using var response = await fixture.PostAsync(i % 2 == 0 ? "/kbs/v0/attest" : "/kbs/v0/auth", i % 2 == 0 ? bytes : bytes[..400]);
            Assert.True((int)response.StatusCode is 200 or 400 or 401 or 403 or 503, $"{response.StatusCode}");
        }

        Assert.DoesNotContain(fixture.Log, l => l.Contains("3140", StringComparison.Ordinal));
        await fixture.ChallengeAsync("snp");
    }

    [Fact]
    public async Task Hides_ItsOwnFailures()
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var workload = TestWorkload.WithEcKey();
        fixture.Server.DecisionMade += _ => throw new InvalidOperationException("internal detail");
        using var response = await fixture.AttestAsync("sgx", workload);
        Assert.DoesNotContain("internal detail", await ServeFixture.ErrorAsync(response, 500, "InternalError"), StringComparison.Ordinal);
        Assert.Contains(
            fixture.Log,
            l => l.StartsWith("Error 3140", StringComparison.Ordinal) && l.Contains("internal detail", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tells_ObserversInTheProcess()
    {
        await using var fixture = await ServeFixture.StartAsync();
        var seen = new List<Decision>();
        fixture.Server.DecisionMade += seen.Add;
        using var workload = TestWorkload.WithEcKey();
        await fixture.TokenAsync("snp", workload);
        _ = await fixture.Client.GetByteArrayAsync(Secret);
        Assert.Equal([DecisionKind.Attestation, DecisionKind.ResourceRead], seen.Select(d => d.Kind));
        Assert.Equal("default/key/1", seen[1].Resource.ToString());
        Assert.True(AuditLog.Verify(fixture.Server.State.AuditLog).IsIntact);
        Assert.Equal(2, AuditLog.Verify(fixture.Server.State.AuditLog).Records);
    }

    [Fact]
    public async Task Logs_NoSecrets()
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var workload = TestWorkload.WithEcKey();
        var token = await fixture.TokenAsync("snp", workload);
        _ = await fixture.Client.GetByteArrayAsync(Secret);
        var log = string.Join('\n', fixture.Log);
        Assert.Contains("3000", log, StringComparison.Ordinal);
        foreach (var secret in (string[])[token, "the secret", "default/key/1", fixture.AdminToken])
        {
            Assert.DoesNotContain(secret, log, StringComparison.Ordinal);
        }
    }

    private sealed class BrokenCollateral : ICollateralSource
    {
        public ValueTask<DcapCollateral?> FindDcapCollateralAsync(DcapCollateralQuery query, CancellationToken cancellationToken) =>
            throw new IOException("disk on fire");

        public ValueTask<SnpEndorsements?> FindSnpEndorsementsAsync(SnpEndorsementQuery query, CancellationToken cancellationToken) =>
            throw new IOException("disk on fire");
    }
}
