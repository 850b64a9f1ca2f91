using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.DevicePlugin;
using Casemate.Node.Discovery;
using Casemate.Node.Dra;
using Casemate.Node.Health;
using Casemate.Node.Ledger;
using Casemate.Node.Metrics;
using Casemate.Primitives.Files;
using Casemate.Rpc.Kubelet.Dra;
using Casemate.Testing;
using Casemate.Testing.Kubernetes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Node.Tests.Dra;

/// <summary>A node of one bank of 8 GiB with an API server; each <see cref="NewProcess"/> is a driver that knows nothing but the files.</summary>
internal sealed class DraFixture : IAsyncDisposable
{
    public const string Node = "n1";
    public const string Namespace = "default";

    private readonly TemporaryDirectory _directory = new();
    private readonly List<IDisposable> _owned = [];

    public TestApiServer Api { get; private set; } = null!;

    public ManualTimeProvider Time { get; } = new(new DateTimeOffset(2026, 9, 1, 12, 0, 0, TimeSpan.Zero));

    public NodeHardware Hardware { get; set; } = new TestMachine().Scan();

    public DraCatalog Catalog => DraCatalog.Of(
        AdvertisementPlan.Make(Hardware, new AdvertisementSettings { Dra = true }), Hardware, HardwareHealth.Good);

    public DraSettings Settings { get; set; } = null!;

    public DevicePluginSettings Plugin { get; set; } = new() { StandIn = "/dev/null" };

    /// <summary>The account of the process that was started last.</summary>
    public EpcLedger Ledger { get; private set; } = null!;

    public DraContext Context { get; private set; } = null!;

    public string Cdi => Settings.CdiDirectory;

    public string States => System.IO.Path.Combine(Settings.Home, "claims");

    public static async Task<DraFixture> StartAsync()
    {
        var fixture = new DraFixture { Api = await TestApiServer.StartAsync() };
        fixture.Api.Put(KubeResource.Nodes, new JsonObject { ["metadata"] = new JsonObject { ["name"] = Node, ["uid"] = "node-uid" } });
        var client = fixture.Api.CreateClient(options => options with { MaxAttempts = 1 });
        fixture._owned.Add(client);
        fixture.Settings = new DraSettings
        {
            Client = client,
            PluginDirectory = fixture._directory.File("plugins"),
            RegistryDirectory = fixture._directory.File("reg"),
            CdiDirectory = fixture._directory.File("cdi"),
        };
        return fixture;
    }

    public string File(string name) => _directory.File(name);

    /// <summary>A new process: an empty account, and what the files tell.</summary>
    public ClaimPreparer NewProcess(Func<DraSettings, DraSettings>? change = null, ILogger? logger = null)
    {
        NewContext(change, logger);
        var preparer = new ClaimPreparer(Context);
        _owned.Add(preparer);
        preparer.Recover();
        return preparer;
    }

    public DraContext NewContext(
        Func<DraSettings, DraSettings>? change = null, ILogger? logger = null, NodeMetrics? metrics = null, TimeProvider? time = null)
    {
        Ledger = new EpcLedger(AdvertisementPlan.Make(Hardware, new AdvertisementSettings { Dra = true }).Banks);
        var book = new AllocationBook(Ledger, TimeSpan.FromMinutes(5), TimeProvider.System);
        book.Reconcile(null, (_, _) => null);
        Context = new DraContext
        {
            NodeName = Node,
            Settings = change?.Invoke(Settings) ?? Settings,
            Plugin = Plugin,
            Book = book,
            EnsureLedgerAsync = _ => ValueTask.CompletedTask,
            Logger = logger ?? NullLogger.Instance,
            Metrics = metrics,
            Upkeep = new Upkeep(logger ?? NullLogger.Instance, time ?? TimeProvider.System),
            Loggers = NullLoggerFactory.Instance,
            Time = time ?? TimeProvider.System,
            Catalog = Catalog,
        };
        return Context;
    }

    /// <summary>A claim with a share of the bank, as the scheduler leaves it.</summary>
    public Claim Allocate(string name, string epc, string? share = null, string device = "epc-0", string pool = Node) => Put(name, new JsonObject
    {
        ["request"] = "epc",
        ["driver"] = DraNames.Driver,
        ["pool"] = pool,
        ["device"] = device,
        ["shareID"] = share ?? $"share-{name}",
        ["consumedCapacity"] = new JsonObject { ["epc"] = epc },
    });

    public Claim Put(string name, params JsonObject[] results) => PutStatus(name, new JsonObject
    {
        ["allocation"] = new JsonObject { ["devices"] = new JsonObject { ["results"] = new JsonArray([.. results]) } },
    });

    public Claim PutStatus(string name, JsonObject status)
    {
        var claim = Api.Put(KubeResource.ResourceClaims, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Namespace },
            ["spec"] = new JsonObject(),
        });
        Api.Change(KubeResource.ResourceClaims, Namespace, name, "scheduler", existing => existing["status"] = status.DeepClone());
        return new Claim { Namespace = Namespace, Name = name, Uid = claim.Uid };
    }

    public static NodePrepareResourcesRequest Ask(params Claim[] claims) => new() { Claims = { claims } };

    public static NodeUnprepareResourcesRequest Release(params Claim[] claims) => new() { Claims = { claims } };

    public static async Task<NodePrepareResourceResponse> PrepareAsync(ClaimPreparer preparer, Claim claim) =>
        (await preparer.PrepareAsync(Ask(claim), CancellationToken.None)).Claims[claim.Uid];

    public static async Task<string> UnprepareAsync(ClaimPreparer preparer, Claim claim) =>
        (await preparer.UnprepareAsync(Release(claim), CancellationToken.None)).Claims[claim.Uid].Error;

    /// <summary>Names of all files that the driver left, CDI and state.</summary>
    public IReadOnlyList<string> Files() =>
    [
        .. new[] { Cdi, States }.Where(Directory.Exists).SelectMany(Directory.EnumerateFiles).Select(path => System.IO.Path.GetFileName(path)!).Order(StringComparer.Ordinal),
    ];

    public static void Write(string path, ReadOnlyMemory<byte> content) => AtomicFile.Write(path, content.Span);

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in _owned)
        {
            owned.Dispose();
        }

        await Api.DisposeAsync();
        _directory.Dispose();
    }
}
