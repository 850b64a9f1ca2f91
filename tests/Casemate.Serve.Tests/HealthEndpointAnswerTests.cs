using System.Diagnostics.Metrics;
using System.Net;
using System.Runtime.Versioning;
using Casemate.Serve.Metrics;
using Casemate.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Serve.Tests;

/// <summary>Health, readiness and metrics of a service that has no HTTP of its own.</summary>
[SupportedOSPlatform("linux")]
public sealed class HealthEndpointAnswerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Meter _meter = new("Test");
    private readonly PrometheusText _metrics;
    private Func<string?> _whyNotReady = () => null;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Socket => _directory.File("http.sock");

    public HealthEndpointAnswerTests() => _metrics = new PrometheusText(_meter);

    public void Dispose()
    {
        _metrics.Dispose();
        _meter.Dispose();
        _directory.Dispose();
    }

    private Task<HealthEndpoint> StartAsync(string? address = null) => HealthEndpoint.StartAsync(
        address ?? Socket, _metrics, () => _whyNotReady(), TimeProvider.System, NullLoggerFactory.Instance, Ct);

    private HttpClient Client(string? endpoint = null) => endpoint is not null
        ? new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(endpoint), Timeout = TaskPatience.Limit }
        : UnixHttp.ClientOf(Socket);

    private static async Task<(int Status, string Text, string? Type)> GetAsync(HttpClient http, string path)
    {
        using var response = await http.GetAsync(new Uri(path, UriKind.Relative), Ct);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Ct), response.Content.Headers.ContentType?.ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Answers_OnASocketAndOnAPort(bool port)
    {
        await using var endpoint = await StartAsync(port ? "127.0.0.1:0" : null);
        using var http = Client(port ? endpoint.Endpoint : null);

        Assert.Equal((200, "ok\n", "text/plain; charset=utf-8"), await GetAsync(http, "/healthz"));
        Assert.Equal((200, "ready\n", "text/plain; charset=utf-8"), await GetAsync(http, "/readyz"));
        Assert.Equal(port, endpoint.Endpoint.StartsWith("http://127.0.0.1:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Readiness_FollowsTheService_AndSaysWhyNot()
    {
        _whyNotReady = () => "not ready: the kubelet does not have every list";
        await using var endpoint = await StartAsync();
        using var http = Client();

        Assert.Equal((503, "not ready: the kubelet does not have every list\n", "text/plain; charset=utf-8"), await GetAsync(http, "/readyz"));
        Assert.Equal(200, (await GetAsync(http, "/healthz")).Status);

        _whyNotReady = () => null;
        Assert.Equal(200, (await GetAsync(http, "/readyz")).Status);
    }

    [Fact]
    public async Task AFaultOfTheService_IsAnInternalError_WithoutItsText()
    {
        _whyNotReady = () => throw new InvalidOperationException("the secret of the service");
        await using var endpoint = await StartAsync();
        using var http = Client();

        Assert.Equal((500, "internal error\n"), ((await GetAsync(http, "/readyz")) is var (status, text, _) ? (status, text) : default));
        Assert.Equal(200, (await GetAsync(http, "/healthz")).Status);
    }

    [Fact]
    public async Task Metrics_AreThoseOfItsMetersAndTheBuild_AndOfNoOther()
    {
        using var other = new Meter("Test");
        var counter = _meter.CreateCounter<long>("casemate_test_total", null, "Counts.\nTwice.");
        var stranger = other.CreateCounter<long>("casemate_stranger_total");
        await using var endpoint = await StartAsync();
        counter.Add(2, new KeyValuePair<string, object?>("what", "a \"b\"\n"));
        stranger.Add(1);
        using var http = Client();

        var (status, text, type) = await GetAsync(http, "/metrics");

        Assert.Equal((200, "text/plain; version=0.0.4; charset=utf-8"), (status, type));
        Assert.Equal(
            ["casemate_build_info", "casemate_test_total"],
            text.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]));
        Assert.EndsWith(
            "# HELP casemate_test_total Counts.\\nTwice.\n# TYPE casemate_test_total counter\ncasemate_test_total{what=\"a \\\"b\\\"\\n\"} 2\n", text,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/healthz/")]
    [InlineData("/HEALTHZ")]
    [InlineData("/debug/pprof")]
    public async Task EveryOtherPath_IsNotThere(string path)
    {
        await using var endpoint = await StartAsync();
        using var http = Client();

        Assert.Equal((404, "there is no such path\n", "text/plain; charset=utf-8"), await GetAsync(http, path));
    }

    [Theory]
    [InlineData("POST", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", HttpStatusCode.MethodNotAllowed)]
    [InlineData("HEAD", HttpStatusCode.OK)]
    public async Task OnlyReading_IsAllowed(string method, HttpStatusCode expected)
    {
        await using var endpoint = await StartAsync();
        using var http = Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), "/healthz");

        using var response = await http.SendAsync(request, Ct);

        Assert.Equal(expected, response.StatusCode);
        Assert.Equal(expected is HttpStatusCode.OK ? [] : ["GET", "HEAD"], response.Content.Headers.Allow);
    }

    [Fact]
    public async Task TheSocket_IsForItsOwnerAlone_AndGoesWithTheEndpoint()
    {
        await using (await StartAsync())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Socket));
        }

        Assert.False(File.Exists(Socket));
    }

    [Theory]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:70000")]
    [InlineData("relative/path.sock")]
    public async Task AnAddressThatIsNone_IsSaidSo_WithWhatToWrite(string address)
    {
        var failure = await Assert.ThrowsAsync<ServeStartException>(() => StartAsync(address));

        Assert.Contains($"Health is '{address}': use ADDRESS:PORT", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnAddressThatIsTaken_IsSaidSo(bool port)
    {
        await using var first = await StartAsync(port ? "127.0.0.1:0" : null);
        var address = port ? new Uri(first.Endpoint).Authority : Socket;

        var failure = await Assert.ThrowsAsync<ServeStartException>(() => StartAsync(address));

        Assert.Contains($"Health: {address} cannot be listened on", failure.Message, StringComparison.Ordinal);
        using var http = Client(port ? first.Endpoint : null);
        Assert.Equal(200, (await GetAsync(http, "/healthz")).Status);
    }

    [Fact]
    public async Task AStop_AnswersWhatIsUnderWay()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var go = new ManualResetEventSlim();
        _whyNotReady = () =>
        {
            asked.SetResult();
            go.Wait(TaskPatience.Limit, Ct);
            return null;
        };
        await using var endpoint = await StartAsync();
        using var http = Client();
        var answer = GetAsync(http, "/readyz");
        await asked.Task.SoonAsync();

        var stop = endpoint.StopAsync(CancellationToken.None);
        go.Set();

        Assert.Equal(200, (await answer.SoonAsync()).Status);
        await stop.SoonAsync();
    }
}
