using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Casemate.Attestation.Policy;
using Casemate.Broker;
using Casemate.Testing;
using Casemate.Testing.Attestation;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Tests.Kbs;

/// <summary>A service on a free loopback port over a temporary directory, and a client as the stock one behaves: one cookie jar.</summary>
internal sealed class ServeFixture : IAsyncDisposable, ILoggerFactory
{
    private readonly TemporaryDirectory _directory = new();

    private ServeFixture(ManualTimeProvider clock) => Clock = clock;

    public static AppraisalPolicy Pinned { get; } = AppraisalPolicy.Default with
    {
        Name = "pinned",
        Evidence = EvidencePolicy.Default with
        {
            Snp = new SnpPolicy { Measurements = [SimulatedHardware.Measurement(48)] },
            Tdx = new TdxPolicy { MrTds = [SimulatedHardware.Measurement(48)] },
            Sgx = new SgxPolicy { MrEnclaves = [SimulatedHardware.Measurement(32)] },
        },
    };

    public CasemateServer Server { get; private set; } = null!;

    public HttpClient Client { get; private set; } = null!;

    public ManualTimeProvider Clock { get; }

    public string Folder => _directory.Path;

    public ConcurrentQueue<string> Log { get; } = new();

    public string AdminToken => File.ReadAllText(Path.Combine(Folder, "state", "admin.token")).Trim();

    public static ServeOptions Options(string folder) => new()
    {
        Listen = "127.0.0.1:0",
        PlainHttp = true,
        StateDirectory = Path.Combine(folder, "state"),
        Roots = SimulatedHardware.Shared.Roots,
        Collateral = SimulatedHardware.Shared,
        Policy = Pinned,
    };

    public static async Task<ServeFixture> StartAsync(Func<ServeOptions, ServeOptions>? change = null)
    {
        var fixture = new ServeFixture(new ManualTimeProvider(SimulatedHardware.Noon));
        var options = Options(fixture.Folder);
        fixture.Server = await CasemateServer.StartAsync(change?.Invoke(options) ?? options, fixture, fixture.Clock, default);
        fixture.Client = NewClient(fixture.Server.Address);
        await fixture.Server.Resources.PutAsync(ResourcePath.Parse("default/key/1"), "the secret"u8.ToArray());
        return fixture;
    }

    public static HttpClient NewClient(Uri address) =>
        new(new SocketsHttpHandler { UseCookies = true, CookieContainer = new CookieContainer() })
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromSeconds(60),
        };

    public Task<HttpResponseMessage> PostAsync(string path, byte[] body, HttpClient? client = null) =>
        (client ?? Client).PostAsync(path, new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } });

    /// <summary>The first half of a handshake.</summary>
    public async Task<string> ChallengeAsync(string tee, HttpClient? client = null)
    {
        using var response = await PostAsync("/kbs/v0/auth", TestWorkload.AuthRequest(tee), client);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        return json.RootElement.GetProperty("nonce").GetString()!;
    }

    /// <summary>A whole handshake; the caller reads the answer.</summary>
    public async Task<HttpResponseMessage> AttestAsync(string tee, TestWorkload workload, Func<byte[], byte[]>? evidenceOf = null)
    {
        var nonce = await ChallengeAsync(tee);
        var digest = workload.Digest(nonce);
        return await PostAsync(
            "/kbs/v0/attest", workload.AttestRequest(nonce, evidenceOf?.Invoke(digest) ?? SimulatedHardware.Shared.Evidence(tee, digest)));
    }

    /// <summary>A whole handshake that must succeed.</summary>
    public async Task<string> TokenAsync(string tee, TestWorkload workload)
    {
        using var response = await AttestAsync(tee, workload);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode is HttpStatusCode.OK, body);
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("token").GetString()!;
    }

    /// <summary>Asserts the protocol's error shape and returns the detail.</summary>
    public static async Task<string> ErrorAsync(HttpResponseMessage response, int status, string name)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        using var json = JsonDocument.Parse(body);
        Assert.Equal(["type", "detail"], json.RootElement.EnumerateObject().Select(m => m.Name));
        Assert.Equal($"https://github.com/confidential-containers/kbs/errors/{name}", json.RootElement.GetProperty("type").GetString());
        var detail = json.RootElement.GetProperty("detail").GetString()!;
        Assert.DoesNotContain("   at ", detail, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", detail, StringComparison.Ordinal);
        return detail;
    }

    public HttpRequestMessage Admin(HttpMethod method, string path, byte[]? body = null, string? token = null) => new(method, path)
    {
        Content = body is null ? null : new ByteArrayContent(body),
        Headers = { Authorization = new("Bearer", token ?? AdminToken) },
    };

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        _directory.Dispose();
    }

    ILogger ILoggerFactory.CreateLogger(string categoryName) => new QueueLogger(this);

    void ILoggerFactory.AddProvider(ILoggerProvider provider)
    {
    }

    void IDisposable.Dispose()
    {
    }

    private sealed class QueueLogger(ServeFixture fixture) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            fixture.Log.Enqueue($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception?.Message}");
    }
}
