using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Collateral;
using Casemate.Quoting;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Service;
using Casemate.Quoting.Service.Audit;
using Casemate.Quoting.Simulated;
using Casemate.Serve.Quoting;
using Casemate.Simulator;
using Casemate.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Serve.Tests.Quoting;

/// <summary>The whole quote helper on a simulated machine, in this process.</summary>
public sealed class QuoteHelperTests : IAsyncLifetime
{
    private static readonly DateTimeOffset s_noon = new(2026, 11, 18, 12, 0, 0, TimeSpan.Zero);
    private static readonly SimulatedPlatform s_platform = SimulatedPlatform.Create(s_noon);
    private static readonly byte[] s_mrTd = [.. Enumerable.Repeat((byte)0x22, 48)];

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _time = new(s_noon);
    private QuoteHelper _helper = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Aesm => _directory.File("s/aesm.socket");

    private string Evidence => _directory.File("s/evidence.socket");

    private string Audit => _directory.File("quotes.jsonl");

    public async ValueTask InitializeAsync() => _helper = await StartAsync(Options());

    public async ValueTask DisposeAsync()
    {
        await _helper.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task MakesEvidence_ThatVerifies_WithTheCollateralThatItBrings()
    {
        var (status, body) = await PostAsync("""{"tee":"tdx","reportData":"bm9uY2U=","collateral":true}""");

        Assert.Equal(HttpStatusCode.OK, status);
        var file = EvidenceBundle.Parse(body, "answer");
        var query = DcapCollateralQuery.TryCreate(file.Evidence.Span)!;
        var collateral = file.Included.FindDcap(query, s_noon, exact: true, out var problem);
        Assert.True(collateral is not null, problem);
        var verdict = QuoteVerifier.Verify(
            file.Evidence.Span, collateral, s_platform.Allow(TrustRoots.None), s_noon,
            EvidencePolicy.Default with
            {
                ReportData = [.. "nonce"u8, .. new byte[59]],
                Tdx = new TdxPolicy { MrTds = [s_mrTd] },
            });
        Assert.DoesNotContain(verdict.Reasons, reason => reason.Id is not CheckId.Identity);
        Assert.Equal("tdx", Records().Last().GetProperty("tee").GetString());
    }

    [Fact]
    public async Task QuotesAnEnclavesReport_AndRefusesAForgedOne()
    {
        var report = s_platform.Dcap.Report(
            new SimulatedEnclave { MrEnclave = new byte[32] }, s_platform.Dcap.QuotingEnclave.TargetInfo.Span, new byte[64]);
        var (status, body) = await PostAsync($$"""{"report":"{{Convert.ToBase64String(report)}}"}""");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(s_platform.Dcap.QuotingEnclave.QuoteSize, EvidenceBundle.Parse(body, "answer").Evidence.Length);

        report[^1] ^= 1;
        (status, body) = await PostAsync($$"""{"report":"{{Convert.ToBase64String(report)}}"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        using var error = JsonDocument.Parse(body);
        Assert.Equal(47, error.RootElement.GetProperty("error").GetProperty("code").GetInt32());
        Assert.Equal(["Success", "InvalidReport"], Records().Select(r => r.GetProperty("result").GetString()));
    }

    [Fact]
    public async Task HashesRuntimeData()
    {
        var (_, body) = await PostAsync("""{"tee":"tdx","runtimeData":"bm9uY2U="}""");
        var quote = EvidenceBundle.Parse(body, "answer").Evidence;
        Assert.True(quote.Span.IndexOf(System.Security.Cryptography.SHA512.HashData("nonce"u8)) > 0);
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("[]", 400)]
    [InlineData("{}", 400)]
    [InlineData("""{"reportData":"AA==","reportData":"AA=="}""", 400)]
    [InlineData("""{"reportData":"AA==","runtimeData":"AA=="}""", 400)]
    [InlineData("""{"reportData":""}""", 400)]
    [InlineData("""{"reportData":"!"}""", 400)]
    [InlineData("""{"reportData":5}""", 400)]
    [InlineData("""{"report":"AA=="}""", 400)]
    [InlineData("""{"reportData":"AA==","tee":"cca"}""", 400)]
    [InlineData("""{"reportData":"AA==","collateral":1}""", 400)]
    [InlineData("""{"reportData":"AA==","timeoutMs":0}""", 400)]
    [InlineData("""{"reportData":"AA==","more":0}""", 400)]
    [InlineData("""{"reportData":"AA==","tee":"snp"}""", 404)]
    public async Task RefusesWhatItCannotDo_WithAName_AndARemedy(string request, int expected)
    {
        var (status, body) = await PostAsync(request);

        Assert.Equal(expected, (int)status);
        using var answer = JsonDocument.Parse(body);
        var error = answer.RootElement.GetProperty("error");
        Assert.NotEqual("", error.GetProperty("name").GetString());
        Assert.NotEqual("", error.GetProperty("remedy").GetString());
        Assert.Equal(expected == 404 ? 2 : 3, error.GetProperty("code").GetInt32());
    }

    [Theory]
    [InlineData("GET", "/v2/evidence", 404, 40)]
    [InlineData("PUT", "/v1/evidence", 405, 3)]
    public async Task NamesACode_AlsoForARequestThatIsNone(string method, string path, int status, int code)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var http = Http();
        using var response = await http.SendAsync(request, Ct);

        Assert.Equal(status, (int)response.StatusCode);
        using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(Ct));
        Assert.Equal(code, answer.RootElement.GetProperty("error").GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task WhoAsksForEvidenceOfAnotherKind_IsToldWhatThereIs_AndNothingOfEnclaves()
    {
        var (_, body) = await PostAsync("""{"reportData":"AA==","tee":"snp"}""");

        using var answer = JsonDocument.Parse(body);
        var remedy = answer.RootElement.GetProperty("error").GetProperty("remedy").GetString();
        Assert.Equal("Leave tee out to get what this node makes, or run on a node of kind snp.", remedy);
    }

    [Fact]
    public async Task WhoIsNotAdmitted_IsToldSo_AndNothingOfEpid()
    {
        await _helper.DisposeAsync();
        var options = Options();
        _helper = await StartAsync(
            options with { Service = options.Service with { AllowList = new PodAllowList { Namespaces = ["bank"] } } });

        var (status, body) = await PostAsync("""{"reportData":"AA=="}""");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        using var answer = JsonDocument.Parse(body);
        var error = answer.RootElement.GetProperty("error");
        Assert.Equal(30, error.GetProperty("code").GetInt32());
        Assert.Contains("--allow-namespace", error.GetProperty("remedy").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("ECDSA", error.GetProperty("remedy").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task WarnsOfADirectory_InWhichEverybodyMayPutASocket()
    {
        await _helper.DisposeAsync();
        File.SetUnixFileMode(_directory.File("s"), (UnixFileMode)0x1FF);   // 0777
        using var log = new RecordedLog();

        _helper = await QuoteHelper.StartAsync(Options(), log, _time, Ct);

        var warning = Assert.Single(log.Lines, line => line.StartsWith("3466 ", StringComparison.Ordinal));
        Assert.EndsWith($"chmod o-w {_directory.File("s")}", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RefusesALargeRequest()
    {
        var (status, _) = await PostAsync($$"""{"runtimeData":"{{new string('A', 100_000)}}"}""");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
    }

    [Fact]
    public async Task IsReady_AndCounts()
    {
        await PostAsync("""{"tee":"tdx","reportData":"AA=="}""");
        await AesmClient.ForPath(Aesm, TimeSpan.FromSeconds(30)).GetKeyIdCountAsync(Ct);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(_helper.HealthEndpoint!) };

        Assert.Equal("ok\n", await http.GetStringAsync("/healthz", Ct));
        Assert.Equal("ready\n", await http.GetStringAsync("/readyz", Ct));
        var metrics = await http.GetStringAsync("/metrics", Ct);
        Assert.Contains(
            "casemate_quote_requests_total{tee=\"tdx\",protocol=\"evidence\",type=\"Evidence\",result=\"Success\",namespace=\"unknown\"} 1",
            metrics, StringComparison.Ordinal);
        Assert.Contains("casemate_quote_ready 1\n", metrics, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/other", Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await http.PostAsync("/healthz", null, Ct)).StatusCode);
    }

    [Fact]
    public async Task LeavesNoSockets_AndAWholeAuditLog_WhenItStops()
    {
        await PostAsync("""{"tee":"tdx","reportData":"AA=="}""");
        await _helper.StopAsync();

        Assert.False(File.Exists(Aesm));
        Assert.False(File.Exists(Evidence));
        Assert.Equal((1, (string?)null), QuoteAuditLog.Verify(Audit));
    }

    [Fact]
    public async Task TakesOver_FromAProcessThatDied()
    {
        await _helper.StopAsync();
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(Evidence + "x"));
            File.Move(Evidence + "x", Evidence);                           // closing does not remove what is not where it was
        }

        await using var next = await StartAsync(Options());
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("""{"tee":"tdx","reportData":"AA=="}""")).Status);
    }

    [Fact]
    public async Task AnEvidenceSocketThatSomebodyDeletes_IsMadeAgain()
    {
        File.Delete(Evidence);
        _time.Advance(TimeSpan.FromMilliseconds(250));

        Assert.Equal(HttpStatusCode.OK, (await PostAsync("""{"tee":"tdx","reportData":"AA=="}""")).Status);
        Directory.Delete(_directory.File("s"), recursive: true);
        _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("""{"tee":"tdx","reportData":"AA=="}""")).Status);
        await _helper.StopAsync();
        Assert.False(File.Exists(Evidence));
    }

    [Fact]
    public async Task AClientThatHangsUp_StopsTheWorkForIt()
    {
        var (asked, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        await _helper.DisposeAsync();
        _helper = await StartAsync(Options() with
        {
            Sources =
            [
                new NodeEvidenceSource(Tee.Tdx, "slow", Simulated: true, async (_, cancellationToken) =>
                {
                    await using var leaving = cancellationToken.Register(left.SetResult);
                    asked.SetResult();
                    await left.Task;
                    throw new OperationCanceledException(cancellationToken);
                }),
            ],
        });
        using (var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            const string body = """{"reportData":"AA=="}""";
            await client.ConnectAsync(new UnixDomainSocketEndPoint(Evidence), Ct);
            await client.SendAsync(
                Encoding.ASCII.GetBytes($"POST /v1/evidence HTTP/1.1\r\nHost: localhost\r\nContent-Length: {body.Length}\r\n\r\n{body}"), Ct);
            await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), Ct);
            Assert.False(left.Task.IsCompleted);
        }

        await left.Task.WaitAsync(TimeSpan.FromSeconds(30), Ct);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SaysWhoHasTheSocket_WhenAnotherHelperRuns(bool sameAuditLog)
    {
        var options = Options();
        var failure = await Assert.ThrowsAsync<ServeStartException>(
            () => StartAsync(sameAuditLog ? options : options with { AuditPath = null }));
        Assert.Contains("Another process listens on", failure.Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("""{"tee":"tdx","reportData":"AA=="}""")).Status);
    }

    [Fact]
    public async Task NamesEveryOption_ThatCannotBeUsed()
    {
        var failure = await Assert.ThrowsAsync<ServeStartException>(() => StartAsync(Options() with
        {
            Sockets = ["relative"],
            QgsVsockPort = 4050,
            Health = "0.0.0.0:80",
            Service = new QuoteServiceOptions { MaximumQueued = 0 },
        }));
        Assert.Equal(4, failure.Problems.Length);
    }

    private static Task<QuoteHelper> StartAsync(QuoteHelperOptions options, TimeProvider time) =>
        QuoteHelper.StartAsync(options, NullLoggerFactory.Instance, time, Ct);

    private Task<QuoteHelper> StartAsync(QuoteHelperOptions options) => StartAsync(options, _time);

    private QuoteHelperOptions Options() => new()
    {
        Provider = new SimulatedQuoteProvider(s_platform.Dcap),
        Sources =
        [
            new NodeEvidenceSource(Tee.Tdx, "simulated", Simulated: true, (reportData, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(
                s_platform.Dcap.QuoteTdx(new SimulatedTd { MrTd = s_mrTd }, reportData.Span))),
        ],
        Collateral = new SimulatedCollateralSource(s_platform, _time),
        Sockets = [Aesm],
        EvidenceSocket = Evidence,
        Health = "127.0.0.1:0",
        AuditPath = Audit,
        Audit = new QuoteAuditLogOptions { Flush = AuditFlush.Never },
    };

    private HttpClient Http() => UnixHttp.ClientOf(Evidence);

    private async Task<(HttpStatusCode Status, byte[] Body)> PostAsync(string json)
    {
        using var http = Http();
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
        using var answer = await http.PostAsync(EvidenceEndpoint.Path, body, Ct);
        return (answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(Ct));
    }

    private IEnumerable<JsonElement> Records()
    {
        using var file = new StreamReader(new FileStream(Audit, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return [.. file.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
