using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Collateral.Upstream;
using Casemate.Simulator;
using Casemate.Testing;
using Casemate.Testing.Attestation;

namespace Casemate.Collateral.Tests.Service;

/// <summary>A service with a test server behind it, a store in a directory of its own, and a clock that stands still.</summary>
internal sealed class Provisioned : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HttpMessageHandler _handler = UpstreamTransport.CreateHandler(useProxy: false);
    private readonly List<CollateralService> _services = [];

    private Provisioned(TestProvisioningServer server, ManualTimeProvider time)
    {
        (Server, Time) = (server, time);
        File.WriteAllText(_directory.File("key"), TestProvisioningServer.SubscriptionKey + "\n");
        Store = DirectoryCollateralStore.Open(StorePath, time.GetUtcNow());
    }

    public static SimulatedPlatform Platform => SimulatedHardware.Shared.Platform;

    public TestProvisioningServer Server { get; }

    public ManualTimeProvider Time { get; }

    public string StorePath => _directory.File("store");

    public DirectoryCollateralStore Store { get; }

    public RecordingObserver Observer { get; } = new();

    /// <summary>Settings that make one attempt, so that nothing waits for the clock.</summary>
    public static CollateralServiceOptions OneAttempt { get; } = new() { Attempts = 1 };

    public static string Fmspc => Platform.Dcap.Provisioning.Fmspc;

    public static CollateralKey TcbInfo => CollateralKey.TcbInfo(Tee.Sgx, Fmspc);

    public static async Task<Provisioned> StartAsync()
    {
        var time = new ManualTimeProvider(SimulatedHardware.Noon);
        _ = SimulatedHardware.Shared.Roots;
        return new Provisioned(await TestProvisioningServer.StartAsync(Platform, time), time);
    }

    public static SnpTcb Tcb(SnpProduct product) => Platform.Snp(product).Scenario.ReportedTcb;

    public static CollateralKey Vcek(SnpProduct product = SnpProduct.Milan) =>
        CollateralKey.Vcek(product, Platform.Snp(product).KeyDistribution.ChipId, Tcb(product));

    /// <summary>The service with PCS and KDS behind it.</summary>
    public CollateralService Service(
        CollateralServiceOptions? options = null, ICollateralStore? store = null, IReadOnlyList<ICollateralUpstream>? upstreams = null,
        TrustRoots? roots = null)
    {
        var service = new CollateralService(
            options ?? OneAttempt, store ?? Store, upstreams ?? [Pcs(), Kds()], roots ?? Platform.Allow(TrustRoots.Production), Time, Observer, () => 0.5);
        _services.Add(service);
        return service;
    }

    public PcsClient Pcs(bool withKey = true, TimeSpan? timeout = null) => new(
        new PcsOptions
        {
            Endpoint = Endpoint("", timeout),
            RootCrl = Endpoint("IntelSGXRootCA.der", timeout),
            SubscriptionKeyFile = withKey ? _directory.File("key") : null,
        },
        _handler, Time);

    public KdsClient Kds() => new(Endpoint(""), _handler, Time);

    public PccsClient Pccs() => new(Endpoint("sgx/certification/v4/"), _handler, Time);

    public ThimClient Thim() => new(
        new ThimOptions { Metadata = Endpoint("metadata/THIM/"), Cache = Endpoint("sgx/certification/v4/") }, _handler, _handler, Time);

    public PckQuery Pck(string? ppid = null)
    {
        var machine = Server.Dcap.Provisioning;
        return new PckQuery(machine.QeId, machine.PceId, machine.CpuSvn, machine.PceSvn, ppid ?? machine.EncryptedPpid);
    }

    public async ValueTask DisposeAsync()
    {
        // The server first: what hangs there ends then.
        await Server.DisposeAsync();
        foreach (var service in _services)
        {
            await service.DisposeAsync();
        }

        _handler.Dispose();
        _directory.Dispose();
    }

    private UpstreamEndpoint Endpoint(string path, TimeSpan? timeout = null) => new()
    {
        Address = new Uri(Server.Address, path),
        FirstByteTimeout = timeout ?? TimeSpan.FromSeconds(10),
        Timeout = timeout ?? TimeSpan.FromSeconds(30),
    };
}
