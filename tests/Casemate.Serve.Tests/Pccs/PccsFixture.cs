using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Service;
using Casemate.Collateral.Upstream;
using Casemate.Serve.Pccs;
using Casemate.Simulator;
using Casemate.Testing;
using Casemate.Testing.Attestation;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Tests.Pccs;

/// <summary>A collateral service on a free loopback port with simulated services of Intel and AMD behind it, and a clock that stands
/// still.</summary>
internal sealed class PccsFixture : IAsyncDisposable, ILoggerFactory
{
    public const string UserToken = "the token that machines register with";
    public const string AdminToken = "the token of the administrator";
    public const string Sgx = "/sgx/certification/v4/";
    public const string Tdx = "/tdx/certification/v4/";

    private readonly TemporaryDirectory _directory = new();
    private readonly HttpMessageHandler _handler = UpstreamTransport.CreateHandler(useProxy: false);

    private PccsFixture(TestProvisioningServer upstream, ManualTimeProvider time) => (Upstream, Time) = (upstream, time);

    public TestProvisioningServer Upstream { get; }

    public ManualTimeProvider Time { get; }

    public CollateralServer Server { get; private set; } = null!;

    public Uri Address => Server.Address!;

    public ConcurrentQueue<string> Log { get; } = new();

    public string StorePath => _directory.File("store");

    public string File(string name) => _directory.File(name);

    public static SimulatedProvisioning Machine => SimulatedHardware.Shared.Platform.Dcap.Provisioning;

    public static SnpTcb SnpTcb(SnpProduct product) => SimulatedHardware.Shared.Platform.Snp(product).Scenario.ReportedTcb;

    /// <summary>The query of the simulated machine, as QCNL spells it.</summary>
    public static string PckCert(bool withPpid = true) =>
        $"{Sgx}pckcert?qeid={Machine.QeId}&encrypted_ppid={(withPpid ? Machine.EncryptedPpid : "")}"
        + $"&cpusvn={Machine.CpuSvn}&pcesvn={Machine.PceSvn}&pceid={Machine.PceId}";

    /// <summary>The registration of the simulated machine, as the PCK id retrieval tool posts it.</summary>
    public static JsonObject Registration(string manifest = "") => new()
    {
        ["qe_id"] = Machine.QeId,
        ["pce_id"] = Machine.PceId,
        ["cpu_svn"] = Machine.CpuSvn,
        ["pce_svn"] = Machine.PceSvn,
        ["enc_ppid"] = Machine.EncryptedPpid,
        ["platform_manifest"] = manifest,
    };

    public static string Hash(string token) => Convert.ToHexString(SHA512.HashData(Encoding.UTF8.GetBytes(token)));

    public static async Task<PccsFixture> StartAsync(
        CollateralMode mode = CollateralMode.Lazy, Func<CollateralServerOptions, CollateralServerOptions>? change = null)
    {
        var time = new ManualTimeProvider(SimulatedHardware.Noon);
        _ = (SimulatedHardware.Shared.Roots, SimulatedHardware.Shared.Platform.Snp(SnpProduct.Turin));   // roots that exist are accepted
        var fixture = new PccsFixture(await TestProvisioningServer.StartAsync(SimulatedHardware.Shared.Platform, time), time);
        System.IO.File.WriteAllText(fixture.File("key"), TestProvisioningServer.SubscriptionKey + "\n");
        await fixture.RestartAsync(mode, change);
        return fixture;
    }

    /// <summary>Stops the service, if it runs, and starts one over the same store.</summary>
    public async Task RestartAsync(CollateralMode mode, Func<CollateralServerOptions, CollateralServerOptions>? change = null)
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        var options = Options(mode);
        Server = await CollateralServer.StartAsync(change?.Invoke(options) ?? options, this, Time, default);
    }

    public CollateralServerOptions Options(CollateralMode mode) => new()
    {
        Listen = "127.0.0.1:0",
        PlainHttp = true,
        StoreDirectory = StorePath,
        Roots = SimulatedHardware.Shared.Platform.Allow(TrustRoots.Production),
        Mode = mode,
        Upstreams =
        [
            new PcsClient(
                new PcsOptions { Endpoint = Endpoint(""), RootCrl = Endpoint("IntelSGXRootCA.der"), SubscriptionKeyFile =
                    File("key") }, _handler, Time),
            new KdsClient(Endpoint(""), _handler, Time),
        ],
        Registrar = new PlatformRegistrar(Endpoint(""), _handler, Time),
        Service = new CollateralServiceOptions { Attempts = 1 },
        UserTokenHash = Hash(UserToken),
        AdminTokenHash = Hash(AdminToken).ToLowerInvariant(),
    };

    public Task<RawResponse> GetAsync(string target, params string[] headers) => RawHttp.SendAsync(Address, "GET", target, null, headers);

    public Task<RawResponse> AdminAsync(string method, string target, byte[]? body = null) =>
        RawHttp.SendAsync(Address, method, target, body, $"admin-token: {AdminToken}");

    public Task<RawResponse> RegisterAsync(JsonObject registration, string query = "") => RawHttp.SendAsync(
        Address, "POST", $"{Sgx}platforms{query}", Encoding.UTF8.GetBytes(registration.ToJsonString()), $"user-token: {UserToken}",
        "Content-Type: application/json");

    /// <summary>The upload of an administrator for the simulated machine, in the form of Intel's tool.</summary>
    public JsonObject Upload()
    {
        var now = Time.GetUtcNow();
        static string Hex(SimulatedDocument document) => Convert.ToHexString(document.Body);
        static string Text(SimulatedDocument document) => Encoding.UTF8.GetString(document.Body);
        var platform = Machine.PckCrl(platformCa: true, now);
        var processor = Machine.PckCrl(platformCa: false, now);
        var registration = Registration();
        return new JsonObject
        {
            ["platforms"] = new JsonArray(registration),
            ["collaterals"] = new JsonObject
            {
                ["version"] = "3.0",
                ["pck_certs"] = new JsonArray(new JsonObject
                {
                    ["qe_id"] = Machine.QeId,
                    ["pce_id"] = Machine.PceId,
                    ["enc_ppid"] = Machine.EncryptedPpid,
                    ["platform_manifest"] = "",
                    ["certs"] = JsonNode.Parse(Text(Machine.PckCertificates())),
                }),
                ["tcbinfos"] = new JsonArray(new JsonObject
                {
                    ["fmspc"] = Machine.Fmspc,
                    ["sgx_tcbinfo"] = JsonNode.Parse(Text(Machine.TcbInfo(Tee.Sgx, now))),
                    ["tdx_tcbinfo"] = JsonNode.Parse(Text(Machine.TcbInfo(Tee.Tdx, now))),
                }),
                ["pckcacrl"] = new JsonObject { ["processorCrl"] = Hex(processor), ["platformCrl"] = Hex(platform) },
                ["qeidentity"] = Text(Machine.QeIdentity(Tee.Sgx, now)),
                ["tdqeidentity"] = Text(Machine.QeIdentity(Tee.Tdx, now)),
                ["qveidentity"] = Text(Machine.QveIdentity(now)),
                ["certificates"] = new JsonObject
                {
                    ["SGX-PCK-Certificate-Issuer-Chain"] = new JsonObject
                    {
                        ["PROCESSOR"] = Uri.EscapeDataString(processor.IssuerChainPem),
                        ["PLATFORM"] = Uri.EscapeDataString(platform.IssuerChainPem),
                    },
                    ["SGX-TCB-Info-Issuer-Chain"] = Uri.EscapeDataString(Machine.TcbInfo(Tee.Sgx, now).IssuerChainPem),
                    ["SGX-Enclave-Identity-Issuer-Chain"] = Uri.EscapeDataString(Machine.QeIdentity(Tee.Sgx, now).IssuerChainPem),
                },
                ["rootcacrl"] = Hex(Machine.RootCaCrl(now)),
                ["rootcacrl_cdp"] = "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der",
            },
        };
    }

    public Task<RawResponse> ImportAsync(JsonObject upload, bool indented = false) => AdminAsync(
        "PUT", $"{Sgx}platformcollateral",
        Encoding.UTF8.GetBytes(upload.ToJsonString(new System.Text.Json.JsonSerializerOptions
        {
            WriteIndented = indented,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        })));

    public async ValueTask DisposeAsync()
    {
        await Upstream.DisposeAsync();
        await Server.DisposeAsync();
        _handler.Dispose();
        _directory.Dispose();
    }

    ILogger ILoggerFactory.CreateLogger(string categoryName) => new QueueLogger(this);

    void ILoggerFactory.AddProvider(ILoggerProvider provider)
    {
    }

    void IDisposable.Dispose()
    {
    }

    private UpstreamEndpoint Endpoint(string path) => new() { Address = new Uri(Upstream.Address, path) };

    private sealed class QueueLogger(PccsFixture fixture) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            fixture.Log.Enqueue($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception}");
    }
}
