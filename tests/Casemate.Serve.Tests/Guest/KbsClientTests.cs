using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Broker;
using Casemate.Primitives.Jose;
using Casemate.Quoting;
using Casemate.Serve.Guest;

namespace Casemate.Serve.Tests.Guest;

public sealed class KbsClientTests : IAsyncLifetime
{
    private const string Auth = "POST /kbs/v0/auth";
    private const string Attest = "POST /kbs/v0/attest";
    private const string Get = "GET /kbs/v0/resource/default/secret/greeting";
    private const string Refusal =
        """{"type":"https://github.com/confidential-containers/kbs/errors/PolicyDeny","detail":"the measurement is 77aa"}""";
    private static readonly ResourcePath Greeting = new("default", "secret", "greeting");
    private readonly RecordingEvidenceProvider _evidence = new();
    private ScriptedBroker _broker = null!;

    public async ValueTask InitializeAsync() => _broker = await ScriptedBroker.StartAsync();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public async Task Fetches_AndDecryptsAResource()
    {
        using var client = Client();

        var content = await client.GetResourceAsync(Greeting, CancellationToken.None);

        Assert.Equal("hello", Encoding.UTF8.GetString(content));
        Assert.Equal([Auth, Attest, Get], _broker.Requests.Select(r => r.Route));
    }

    [Fact]
    public async Task Asks_InTheWordsOfProtocol040()
    {
        using var client = Client();

        await client.GetTokenAsync(CancellationToken.None);

        Assert.Equal(
            """{"version":"0.4.0","tee":"sample","extra-params":{"supported-hash-algorithms":["sha256","sha384","sha512"]}}""",
            _broker.Requests[0].Body);
        using var attest = JsonDocument.Parse(_broker.Requests[1].Body);
        Assert.Equal(["runtime-data", "tee-evidence"], Names(attest.RootElement));
        Assert.Equal(["nonce", "tee-pubkey"], Names(attest.RootElement.GetProperty("runtime-data")));
        Assert.Equal(["primary_evidence", "additional_evidence"], Names(attest.RootElement.GetProperty("tee-evidence")));
        Assert.Equal("", attest.RootElement.GetProperty("tee-evidence").GetProperty("additional_evidence").GetString());
    }

    [Theory]
    [InlineData("\"\"", "SHA384")]
    [InlineData("{}", "SHA384")]
    [InlineData("""{"selected-hash-algorithm":"sha384"}""", "SHA384")]
    [InlineData("""{"selected-hash-algorithm":"SHA256"}""", "SHA256")]
    [InlineData("""{"selected-hash-algorithm":"sha512"}""", "SHA512")]
    public async Task Binds_NonceAndKeyIntoReportData(string extraParams, string algorithm)
    {
        _broker.Instead[Auth] = _ => (200, $$"""{"nonce":"{{ScriptedBroker.Nonce}}","extra-params":{{extraParams}}}""");
        using var client = Client();

        await client.GetTokenAsync(CancellationToken.None);

        // The canonical form written by hand: members sorted, no white space.
        var point = _broker.LastKey().ToEcParameters().Q;
        var key = $$"""{"alg":"ECDH-ES+A256KW","crv":"P-256","kty":"EC","x":"{{Url(point.X!)}}","y":"{{Url(point.Y!)}}"}""";
        var bound = $$"""{"additional-evidence":"","nonce":"{{ScriptedBroker.Nonce}}","tee-pubkey":{{key}}}""";
        var digest = CryptographicOperations.HashData(new HashAlgorithmName(algorithm), Encoding.UTF8.GetBytes(bound));
        Assert.Equal([.. digest, .. new byte[64 - digest.Length]], Assert.Single(_evidence.ReportData));
    }

    [Fact]
    public async Task Keeps_TheSessionsCookie()
    {
        using var client = Client();

        await client.GetResourceAsync(Greeting, CancellationToken.None);

        Assert.Equal(["", "kbs-session-id=session1", "kbs-session-id=session1"], _broker.Requests.Select(r => r.Cookie));
    }

    [Fact]
    public async Task Attests_OnceForManyRequests()
    {
        using var client = Client();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.GetResourceAsync(Greeting, CancellationToken.None)));

        Assert.Equal(1, _broker.Count(Auth));
        Assert.Equal(8, _broker.Count(Get));
    }

    [Fact]
    public async Task Attests_AnewWhenTheSessionIsGone()
    {
        _broker.Instead[Get] = number => number == 1 ? (401, "{}") : null;
        using var client = Client();

        Assert.Equal("hello", Encoding.UTF8.GetString(await client.GetResourceAsync(Greeting, CancellationToken.None)));
        Assert.Equal(2, _broker.Count(Attest));
    }

    [Fact]
    public async Task GivesUp_AfterThreeSessionsThatTheBrokerDoesNotKnow()
    {
        _broker.Instead[Get] = _ => (401, "{}");
        using var client = Client();

        var failure = await FailureAsync(() => client.GetResourceAsync(Greeting, CancellationToken.None));

        Assert.Equal(KbsClientError.Unauthorized, failure.Error);
        Assert.Equal(3, _broker.Count(Get));
    }

    [Fact]
    public async Task Tries_TheHandshakeForATokenFiveTimes()
    {
        _broker.Instead[Auth] = number => number < 5 ? (503, "busy") : null;
        using var client = Client();

        await client.GetTokenAsync(CancellationToken.None);

        Assert.Equal(5, _broker.Count(Auth));
    }

    [Theory]
    [InlineData(403, "PolicyDeny")]
    [InlineData(401, "PolicyDeny")]
    [InlineData(401, "AttestationFailed")]
    public async Task DoesNotAskAgain_WhenTheBrokerRefusesTheEvidence(int status, string name)
    {
        _broker.Instead[Attest] = _ => (status, Refusal.Replace("PolicyDeny", name, StringComparison.Ordinal));
        using var client = Client();

        var failure = await FailureAsync(() => client.GetTokenAsync(CancellationToken.None));

        Assert.Equal(KbsClientError.Refused, failure.Error);
        Assert.EndsWith("the measurement is 77aa", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, _broker.Count(Attest));
    }

    [Fact]
    public async Task Renews_ATokenThatHasEnded()
    {
        _broker.TokenExpires = DateTimeOffset.FromUnixTimeSeconds(1_000_000_000);
        using var client = Client();

        await client.GetTokenAsync(CancellationToken.None);
        await client.GetTokenAsync(CancellationToken.None);

        Assert.Equal(2, _broker.Count(Attest));
    }

    [Fact]
    public async Task Gives_TheTokenWithItsKey()
    {
        using var client = Client();

        var token = await client.GetTokenAsync(CancellationToken.None);

        Assert.Equal(_broker.Token(), token.Jwt);
        using var key = ECDiffieHellman.Create();
        key.ImportFromPem(token.TeeKeyPem);
        Assert.Equal(_broker.LastKey().ToEcParameters().Q.X, key.ExportParameters(false).Q.X);
        Assert.DoesNotContain("PRIVATE", token.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, KbsClientError.NotFound)]
    [InlineData(403, KbsClientError.Refused)]
    [InlineData(400, KbsClientError.Rejected)]
    [InlineData(429, KbsClientError.Unavailable)]
    [InlineData(500, KbsClientError.Unavailable)]
    [InlineData(301, KbsClientError.Rejected)]
    public async Task Tells_WhatTheBrokersStatusMeans(int status, KbsClientError expected)
    {
        _broker.Instead[Get] = _ => (status, """{"type":"t","detail":"because\u001b[31m"}""");
        using var client = Client();

        var failure = await FailureAsync(() => client.GetResourceAsync(Greeting, CancellationToken.None));

        Assert.Equal(expected, failure.Error);
        Assert.EndsWith("because [31m", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"nonce":7,"extra-params":""}""")]
    [InlineData("""{"nonce":"a","nonce":"b"}""")]
    [InlineData("""{"nonce":"\ud800"}""")]
    [InlineData("""{"nonce":"a","extra-params":{"selected-hash-algorithm":"md5"}}""")]
    [InlineData("""{"nonce":"a","extra-params":{"selected-hash-algorithm":5}}""")]
    public async Task Refuses_AMalformedChallenge(string challenge)
    {
        _broker.Instead[Auth] = _ => (200, challenge);
        using var client = Client();

        Assert.Equal(KbsClientError.MalformedAnswer, (await FailureAsync(() => client.GetTokenAsync(CancellationToken.None))).Error);
        Assert.Empty(_evidence.ReportData);
    }

    [Theory]
    [InlineData("""{"token":""}""")]
    [InlineData("""{"token":"one.two"}""")]
    [InlineData("""{"token":"e30.!!!.c2ln"}""")]
    [InlineData("""{"token":"e30.e30.c2ln"}""")]
    [InlineData("""{"token":"e30.eyJleHAiOiJzb29uIn0.c2ln"}""")]
    [InlineData("""{"token":"e30.eyJleHAiOjFlNDAwfQ.c2ln"}""")]
    public async Task Refuses_AMalformedToken(string answer)
    {
        _broker.Instead[Attest] = _ => (200, answer);
        using var client = Client();

        Assert.Equal(KbsClientError.MalformedAnswer, (await FailureAsync(() => client.GetTokenAsync(CancellationToken.None))).Error);
    }

    [Fact]
    public async Task Refuses_AResourceForAnotherKey()
    {
        using var other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var sealedForOther = Jwe.Encrypt(Jwk.FromEc(other.ExportParameters(false), JoseAlgorithm.EcdhEsA256Kw), "x"u8);
        _broker.Instead[Get] = _ => (200, Encoding.UTF8.GetString(sealedForOther));
        using var client = Client();

        Assert.Equal(
            KbsClientError.MalformedAnswer, (await FailureAsync(() => client.GetResourceAsync(Greeting, CancellationToken.None))).Error);
    }

    [Fact]
    public async Task Refuses_AnAnswerBeyondTheLimit()
    {
        _broker.Resource = new byte[200_000];
        using var client = Client(o => o with { MaximumResourceAnswer = 100_000 });

        var failure = await FailureAsync(() => client.GetResourceAsync(Greeting, CancellationToken.None));

        Assert.Equal(KbsClientError.MalformedAnswer, failure.Error);
        Assert.Contains("100000", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_WhenNothingListens()
    {
        using var client = Client(o => o with { Address = new Uri($"http://127.0.0.1:{UnusedPort()}") });

        var failure = await FailureAsync(() => client.GetResourceAsync(Greeting, CancellationToken.None));

        Assert.Equal(KbsClientError.Unreachable, failure.Error);
        Assert.True(failure.IsTransient);
    }

    [Fact]
    public async Task Ends_WhenTheBrokerNeverAnswers()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var client = Client(o => o with
        {
            Address = new Uri($"http://{silent.LocalEndpoint}"),
            RequestTimeout = TimeSpan.FromMilliseconds(50),
        });

        var failure = await FailureAsync(() => client.GetResourceAsync(Greeting, CancellationToken.None));

        Assert.Equal(KbsClientError.Unreachable, failure.Error);
    }

    [Fact]
    public async Task Tells_WhenThereIsNoEvidence()
    {
        var broken = new RecordingEvidenceProvider { Failure = new EvidenceProviderException("the device is gone", isTransient: false) };
        using var client = new KbsClient(Options(), broken, TimeProvider.System);

        var failure = await FailureAsync(() => client.GetTokenAsync(CancellationToken.None));

        Assert.Equal(KbsClientError.NoEvidence, failure.Error);
        Assert.Contains("the device is gone", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://kbs.example:8080")]
    [InlineData("ftp://127.0.0.1/")]
    [InlineData("file:///etc/passwd")]
    public void Refuses_AnAddressThatIsNotSafe(string address) =>
        Assert.Throws<ArgumentException>(() => Client(o => o with { Address = new Uri(address) }));

    private static async Task<KbsClientException> FailureAsync(Func<Task> action) => await Assert.ThrowsAsync<KbsClientException>(action);

    private static int UnusedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string[] Names(JsonElement element) => [.. element.EnumerateObject().Select(m => m.Name)];

    private static string Url(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private KbsClientOptions Options() => new() { Address = _broker.Address, HandshakeInterval = TimeSpan.Zero };

    private KbsClient Client(Func<KbsClientOptions, KbsClientOptions>? change = null) =>
        new((change ?? (o => o))(Options()), _evidence, TimeProvider.System);
}
