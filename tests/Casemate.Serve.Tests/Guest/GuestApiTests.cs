using System.Net;
using System.Text;
using System.Text.Json;
using Casemate.Quoting;
using Casemate.Serve.Guest;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Serve.Tests.Guest;

public sealed class GuestApiTests : IAsyncLifetime
{
    private const string Resource = "/cdh/resource/default/secret/greeting";
    private readonly RecordingEvidenceProvider _evidence = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly List<IAsyncDisposable> _started = [];
    private ScriptedBroker _broker = null!;

    public async ValueTask InitializeAsync() => _broker = await ScriptedBroker.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _started)
        {
            await service.DisposeAsync();
        }

        await _broker.DisposeAsync();
        _http.Dispose();
    }

    [Fact]
    public async Task Gives_AResourceAsBytes()
    {
        _broker.Resource = [0, 255, 10, 13];
        var answer = await GetAsync(await StartAsync(), Resource);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal([0, 255, 10, 13], await answer.Content.ReadAsByteArrayAsync());
        Assert.True(answer.Headers.CacheControl?.NoStore);
    }

    [Fact]
    public async Task Tells_WhyAResourceIsRefused()
    {
        _broker.Instead["POST /kbs/v0/attest"] = _ => (403, """{"type":"t","detail":"measurement: expected 9c41, found 77aa"}""");
        var answer = await GetAsync(await StartAsync(), Resource);

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Contains("measurement: expected 9c41, found 77aa", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says404_ForAResourceThatTheBrokerDoesNotHave()
    {
        _broker.Instead[$"GET /kbs/v0/resource/default/secret/greeting"] = _ => (404, """{"type":"t","detail":"nothing there"}""");

        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(await StartAsync(), Resource)).StatusCode);
    }

    [Theory]
    [InlineData("kbs")]
    [InlineData("coco_as")]
    public async Task Gives_TokenAndKeyPair(string type)
    {
        var answer = await GetAsync(await StartAsync(), $"/aa/token?token_type={type}");

        using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(_broker.Token(), json.RootElement.GetProperty("token").GetString());
        Assert.StartsWith("-----BEGIN PRIVATE KEY-----", json.RootElement.GetProperty("tee_keypair").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("runtime_data=hello", "68656c6c6f")]
    [InlineData("runtime_data=a+b%2Bc", "6120622b63")]
    [InlineData("runtime_data=", "")]
    [InlineData("runtime_data=%C3%A9", "c3a9")]
    [InlineData("runtime_data=-_8&encoding=base64", "fbff")]
    [InlineData("encoding=base64&runtime_data=", "")]
    public async Task Binds_RuntimeDataPaddedWithZeros(string query, string hex)
    {
        var answer = await GetAsync(await StartAsync(), $"/aa/evidence?{query}");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(hex.PadRight(128, '0'), Convert.ToHexStringLower(Assert.Single(_evidence.ReportData)));
        Assert.StartsWith("{\"svn\":\"1\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/aa/evidence", "runtime_data is missing")]
    [InlineData("/aa/evidence?runtime_data=a&runtime_data=b", "names 'runtime_data' twice")]
    [InlineData("/aa/evidence?runtime_data=a&encoding=hex", "encoding is unknown")]
    [InlineData("/aa/evidence?runtime_data=QQ==&encoding=base64", "not URL-safe base64")]
    [InlineData("/aa/evidence?runtime_data=a%2F&encoding=base64", "not URL-safe base64")]
    [InlineData("/aa/evidence?runtime_data=%ff%fe", "encoding=base64")]
    [InlineData("/aa/evidence?runtime_data=%zz", "encoding=base64")]
    [InlineData("/aa/evidence?runtime_data=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "65 bytes")]
    [InlineData("/aa/additional-evidence", "runtime_data is missing")]
    [InlineData("/aa/token", "token_type is missing")]
    [InlineData("/aa/token?token_type=x509", "token_type is missing or unknown")]
    public async Task Says400_ForABadQuery(string request, string reason)
    {
        var answer = await GetAsync(await StartAsync(), request);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.StartsWith("BAD REQUEST: ", text, StringComparison.Ordinal);
        Assert.Contains(reason, text, StringComparison.Ordinal);
        Assert.Empty(_evidence.ReportData);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/aa")]
    [InlineData("/aa/nothing")]
    [InlineData("/aa/evidence/")]
    [InlineData("/cdh/resource/")]
    [InlineData("/cdh/resource/default/secret")]
    [InlineData("/cdh/resource/default/secret/greeting/more")]
    [InlineData("/cdh/resource/../../etc/passwd")]
    [InlineData("/cdh/resource/default/secret/..")]
    [InlineData("/cdh/resource/a%2Fb/secret/greeting")]
    public async Task Says404_ForAnUnknownPath(string path)
    {
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(await StartAsync(), path)).StatusCode);
        Assert.Empty(_broker.Requests);
    }

    [Theory]
    [InlineData("POST", "/info", "GET")]
    [InlineData("DELETE", Resource, "GET")]
    [InlineData("PUT", "/aa/token", "GET")]
    [InlineData("POST", "/aa/evidence", "GET")]
    [InlineData("GET", "/aa/aael", "POST")]
    public async Task Says405_ForAnotherMethod(string method, string path, string allowed)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(await StartAsync(), path));
        var answer = await _http.SendAsync(request);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal([allowed], answer.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("attacker.example")]
    [InlineData("127.0.0.1.attacker.example")]
    [InlineData("10.0.0.1")]
    public async Task Says403_ToAWebPageThatBorrowsTheAddress(string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(await StartAsync(), Resource)) { Headers = { Host = host } };

        Assert.Equal(HttpStatusCode.Forbidden, (await _http.SendAsync(request)).StatusCode);
        Assert.Empty(_broker.Requests);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("[::1]:8006")]
    [InlineData("127.0.0.1:1")]
    public async Task Serves_EveryNameOfLoopback(string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(await StartAsync(), "/info")) { Headers = { Host = host } };

        Assert.Equal(HttpStatusCode.OK, (await _http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task Describes_Itself() =>
        Assert.Equal(
            """{"version":"1.2.3","tee":"sample","feature":"all"}""",
            await (await GetAsync(await StartAsync(), "/info")).Content.ReadAsStringAsync());

    [Theory]
    [InlineData(GuestApiFeatures.Resource, "/aa/evidence?runtime_data=a", """{"version":"1.2.3","feature":"resource"}""")]
    [InlineData(GuestApiFeatures.Attestation, Resource, """{"version":"1.2.3","tee":"sample","feature":"attestation"}""")]
    public async Task Offers_OnlyTheChosenHalf(GuestApiFeatures features, string absent, string info)
    {
        var api = await StartAsync(features: features);

        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(api, absent)).StatusCode);
        Assert.Equal(info, await (await GetAsync(api, "/info")).Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Has_NoEvidenceOfFurtherDevices()
    {
        var answer = await GetAsync(await StartAsync(), "/aa/additional-evidence?runtime_data=a");

        Assert.Equal("{}", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Extends_ARuntimeMeasurement()
    {
        var measuring = new MeasuringEvidenceProvider();
        var answer = await PostEntryAsync(await StartAsync(measuring), """{"domain":"app","operation":"load","content":"plugin 7"}""");

        Assert.Equal("""{"success":"true"}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal(["app load plugin 7"], measuring.Entries);
    }

    [Fact]
    public async Task Says_WhenThePlatformCannotMeasureAtRunTime()
    {
        var answer = await PostEntryAsync(await StartAsync(), """{"domain":"app","operation":"load","content":"x"}""");

        Assert.Equal(
            """{"success":"false","message":"The platform does not support runtime measurement"}""",
            await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("""{"domain":"app","operation":"load"}""")]
    [InlineData("""{"domain":"app","operation":"load","content":7}""")]
    [InlineData("""{"domain":"","operation":"load","content":"x"}""")]
    [InlineData("""{"domain":"two words","operation":"load","content":"x"}""")]
    [InlineData("""{"domain":"app","operation":"load","content":"a\nb"}""")]
    [InlineData("""{"domain":"app","operation":"load","content":"\ud800"}""")]
    [InlineData("""{"domain":"app","domain":"b","operation":"load","content":"x"}""")]
    public async Task Says400_ForABadEntry(string entry)
    {
        var measuring = new MeasuringEvidenceProvider();

        Assert.Equal(HttpStatusCode.BadRequest, (await PostEntryAsync(await StartAsync(measuring), entry)).StatusCode);
        Assert.Empty(measuring.Entries);
    }

    [Fact]
    public async Task Says413_ForAnEntryBeyondTheLimit()
    {
        var entry = $$"""{"domain":"app","operation":"load","content":"{{new string('x', 70_000)}}"}""";

        var answer = await PostEntryAsync(await StartAsync(new MeasuringEvidenceProvider()), entry);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Says500_WhenThereIsNoEvidence()
    {
        var broken = new RecordingEvidenceProvider { Failure = new EvidenceProviderException("the device is gone", isTransient: true) };
        var answer = await GetAsync(await StartAsync(broken), "/aa/evidence?runtime_data=a");

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal("the device is gone", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Tells_WhenThePortIsTaken()
    {
        var first = await StartAsync();

        await Assert.ThrowsAnyAsync<IOException>(() => StartAsync(port: first.Port));
    }

    // The request exactly as written: dots and escapes are what is tested.
    private Task<HttpResponseMessage> GetAsync(Uri api, string request)
    {
        var verbatim = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        return _http.GetAsync(new Uri(api.GetLeftPart(UriPartial.Authority) + request, verbatim));
    }

    private Task<HttpResponseMessage> PostEntryAsync(Uri api, string entry) =>
        _http.PostAsync(new Uri(api, "/aa/aael"), new StringContent(entry, Encoding.UTF8, "application/json"));

    private async Task<Uri> StartAsync(
        IEvidenceProvider? evidence = null, GuestApiFeatures features = GuestApiFeatures.All, int port = 0)
    {
        var provider = evidence ?? _evidence;
        var kbs = new KbsClient(
            new KbsClientOptions { Address = _broker.Address, HandshakeInterval = TimeSpan.Zero }, provider, TimeProvider.System);
        var options = new GuestApiOptions { Port = port, Features = features, Version = "1.2.3" };
        var api = await GuestApi.StartAsync(options, provider, kbs, NullLoggerFactory.Instance, CancellationToken.None);
        _started.Add(api);
        return api.Address;
    }
}
