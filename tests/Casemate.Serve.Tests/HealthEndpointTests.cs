using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Casemate.Serve.Metrics;
using Casemate.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Serve.Tests;

/// <summary><c>/metrics</c> and other pages of a service that has no HTTP of its own.</summary>
public sealed class HealthEndpointTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Meter _meter = new("test");
    private readonly PrometheusText _metrics;
    private HealthEndpoint _endpoint = null!;
    private HttpClient _http = null!;

    public HealthEndpointTests() => _metrics = new PrometheusText(_meter);

    public async ValueTask InitializeAsync()
    {
        var path = _directory.File("h.sock");
        _endpoint = await HealthEndpoint.StartAsync(
            path, _metrics, () => null, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None,
            [
                new HealthPage("/page", "text/plain; charset=utf-8", () => Encoding.UTF8.GetBytes("content\n")),
                new HealthPage("/later", "text/plain; charset=utf-8", () => null),
            ]);
        _http = UnixHttp.ClientOf(path);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _endpoint.DisposeAsync();
        _metrics.Dispose();
        _meter.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Metrics_SayWhichBuildItIs()
    {
        var text = await _http.GetStringAsync("/metrics");

        Assert.Contains("# TYPE casemate_build_info gauge\n", text, StringComparison.Ordinal);
        Assert.Matches(
            "(?m)^casemate_build_info\\{version=\"[0-9]+\\.[0-9]+\\.[0-9]+[^\"+]*\",commit=\"[0-9a-z-]*\",runtime=\"10\\.[^\"]+\"\\} 1$", text);
    }

    [Fact]
    public async Task APageThatHasNoContentYet_IsUnavailable()
    {
        using var answer = await _http.GetAsync("/later");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("the service is still starting\n", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task AGauge_WhoseValueIsGone_HasNoLineAnyMore()
    {
        var pods = new List<string> { "one", "two" };
        _meter.CreateObservableGauge(
            "test_pods", () => pods.Select(pod => new Measurement<long>(1, new KeyValuePair<string, object?>("pod", pod))));

        Assert.Contains("test_pods{pod=\"one\"} 1\ntest_pods{pod=\"two\"} 1\n", await _http.GetStringAsync("/metrics"), StringComparison.Ordinal);

        pods.Remove("one");
        var later = await _http.GetStringAsync("/metrics");
        Assert.DoesNotContain("pod=\"one\"", later, StringComparison.Ordinal);
        Assert.Contains("test_pods{pod=\"two\"} 1\n", later, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AGauge_WithoutAValue_HasNoLine_AndACounterStandsAtZero()
    {
        _meter.CreateObservableGauge("test_gauge", () => Array.Empty<Measurement<long>>());
        _meter.CreateCounter<long>("test_counter_total");

        var text = await _http.GetStringAsync("/metrics");
        Assert.DoesNotContain("\ntest_gauge", text, StringComparison.Ordinal);
        Assert.Contains("\ntest_counter_total 0\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhoeverAcceptsOpenMetrics_GetsThem()
    {
        _meter.CreateCounter<long>("test_counter_total").Add(2);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/openmetrics-text;version=1.0.0;q=0.6"));
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("text/plain;version=0.0.4;q=0.3"));
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal("application/openmetrics-text", response.Content.Headers.ContentType!.MediaType);
        Assert.EndsWith("\n# EOF\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE test_counter counter\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("# TYPE test_counter_total", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OthersGet_TheTextOfPrometheus()
    {
        using var response = await _http.GetAsync("/metrics");

        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        Assert.DoesNotContain("# EOF", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OtherPages_AreServed_ToReadersAlone()
    {
        Assert.Equal("content\n", await _http.GetStringAsync("/page"));
        using var post = await _http.PostAsync("/page", null);
        Assert.Equal(405, (int)post.StatusCode);
        using var missing = await _http.GetAsync("/pages");
        Assert.Equal(404, (int)missing.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GE")]
    [InlineData("GET /metrics HTTP/1.1\r\nHost: x\r\n")]
    [InlineData("GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")]
    public async Task WhoeverBeganARequest_AndDoesNotGoOn_KeepsNobodyFromStopping(string begun)
    {
        await _http.GetStringAsync("/healthz");
        using var peer = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await peer.ConnectAsync(new UnixDomainSocketEndPoint(_endpoint.Endpoint));
        await peer.SendAsync(Encoding.ASCII.GetBytes(begun));
        await _http.GetStringAsync("/healthz");

        await _endpoint.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(15));
    }
}
