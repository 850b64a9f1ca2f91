using System.Buffers;
using System.Text.Json;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.DevicePlugin;
using Casemate.Node.Ledger;
using Casemate.Node.Metrics;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Testing;
using Casemate.Testing.Kubelet;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>The kubelet's limit of a list, to the byte; and that this agent never sends what the kubelet would drop without a word.</summary>
public sealed class KubeletLimitTests
{
    private const string Resource = "example.com/mib";
    private const int Limit = 4_194_304;

    [Fact]
    public async Task AListOfExactlyTheLimit_IsTaken()
    {
        await using var node = new Plugin();
        await using var kubelet = await node.StartAsync(new ExactList(extra: 0));

        await kubelet.UntilAllocatableAsync(Resource, 262_144);

        Assert.Equal(Limit, new ExactList(extra: 0).Length);
        Assert.Null(kubelet.LastEnd(Resource));
    }

    [Fact]
    public async Task AListOfOneByteMore_IsDropped_AndNothingIsAllocatable()
    {
        await using var node = new Plugin();
        await using var kubelet = await node.StartAsync(new ExactList(extra: 1));

        await kubelet.UntilAsync(() => kubelet.LastEnd(Resource) is not null);

        var end = Assert.IsType<RpcException>(kubelet.LastEnd(Resource));
        Assert.Equal((RpcStatus.ResourceExhausted, true), (end.Status, end.Detail.Contains("4194305", StringComparison.Ordinal)));
        Assert.Equal((0, 0), (kubelet.Capacity(Resource), kubelet.Allocatable(Resource)));
    }

    [Fact]
    public async Task AListThatFitted_AndOutgrowsTheLimit_KeepsItsCapacityAndLosesWhatIsAllocatable()
    {
        // The first device that turns Unhealthy takes two bytes more.
        await using var node = new Plugin();
        await using var kubelet = await node.StartAsync(new ExactList(extra: 0), new ExactList(extra: 2));
        await kubelet.UntilAllocatableAsync(Resource, 262_144);
        node.SendNext();

        await kubelet.UntilAllocatableAsync(Resource, 0);

        Assert.Equal(262_144, kubelet.Capacity(Resource));
    }

    [Theory]
    [InlineData(null, 220_000, true)]
    [InlineData(1, 190_649, false)]
    public async Task APlugin_DoesNotEvenRegisterAListThatCouldBecomeTooLong(int? numa, int devices, bool fits)
    {
        // Worst case: 22 bytes for each device of NUMA node 1 and an id of three characters.
        using var directory = new TemporaryDirectory();
        await using var kubelet = await TestKubelet.StartAsync(new TestKubeletOptions { Directory = directory.File("dp") });
        var list = DeviceList.Of((numa, devices));
        Assert.Equal(fits, list.AlwaysFits);
        var log = new List<string>();
        using var watched = new KubeletDirectory(directory.File("dp"), TimeSpan.FromSeconds(10), TimeProvider.System, NullLogger.Instance);
        await using var plugin = Make(watched, list, log);
        plugin.Start();

        if (fits)
        {
            await kubelet.UntilAllocatableAsync(Resource, devices);
        }
        else
        {
            await kubelet.UntilAsync(() => Snapshot(log).Any(line => line.Contains("3625", StringComparison.Ordinal)));
            Assert.False(kubelet.Knows(Resource));
            Assert.False(File.Exists(Path.Combine(directory.File("dp"), "casemate-epc.sock")));
        }
    }

    [Fact]
    public async Task AListThatWouldBecomeTooLong_DoesNotTakeThePlaceOfOneThatFits()
    {
        using var directory = new TemporaryDirectory();
        await using var kubelet = await TestKubelet.StartAsync(new TestKubeletOptions { Directory = directory.File("dp") });
        var log = new List<string>();
        using var watched = new KubeletDirectory(directory.File("dp"), TimeSpan.FromSeconds(10), TimeProvider.System, NullLogger.Instance);
        await using var plugin = Make(watched, DeviceList.Of((null, 28)), log);
        plugin.Start();
        await kubelet.UntilAllocatableAsync(Resource, 28);

        Assert.False(plugin.Publish(DeviceList.Of((1, 200_000))));

        Assert.Equal(28, plugin.List.Count);
        Assert.Equal(28, kubelet.Allocatable(Resource));
        Assert.Contains(Snapshot(log), line => line.Contains("3625", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AKubeletThatDropsTheList_IsNotTriedWithoutAPause_AndTheOperatorIsTold()
    {
        await using var node = NodeFixture.Describe("dc2s_v2");
        node.KubeletOptions = node.KubeletOptions with { MaxMessageBytes = 400 };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();

        await node.Kubelet.UntilAsync(() => node.Notices.Any(notice => notice.Reason == "EPCNotAdvertised"));

        var notice = node.Notices.First(notice => notice.Message.Contains(NodeFixture.Epc, StringComparison.Ordinal));
        Assert.Equal($"The kubelet offers 0 of {NodeFixture.Epc}, 56 are expected; look into its log for ListAndWatch.", notice.Message);
        Assert.True(notice.Warning);
        Assert.Equal(0, node.Agent.State.Resources.Single(resource => resource.Name == NodeFixture.Epc).Advertised);
        Assert.False(node.Agent.IsReady);

        // 30 s with waits of 20, 40, 80 ... 5000 ms between the attempts; without them there were thousands.
        Assert.InRange(node.Kubelet.Registrations(NodeFixture.Epc), 2, 40);
    }

    [Theory]
    [InlineData("dc48s_v3")]
    [InlineData("xeon-2x256gib")]
    [InlineData("xeon-1tib")]
    public async Task ALargeNode_WithANameThatCountsMiB_HasNoListForIt(string machine)
    {
        await using var node = await NodeFixture.StartAsync(
            machine, options => options with { Advertisement = new() { Family = ResourceFamily.Azure } });

        Assert.Equal(EpcFrontEnd.NodeCapacity, node.Agent.State.Plan.FrontEnd);
        Assert.False(node.Kubelet.Knows(ResourceFamily.Azure.Name));
        var planned = node.Agent.State.Plan.Resources.Single(resource => resource.Name == ResourceFamily.Azure.Name);
        Assert.Equal(ResourceCarrier.NodeStatus, planned.Carrier);
        Assert.Equal(node.Agent.State.Plan.AvailableBytes >> 20, planned.Count);
        Assert.All(node.Agent.State.Resources, resource => Assert.InRange(resource.ListBytes, 1, 4096));
    }

    [Fact]
    public async Task TheCheckpoint_KeepsNamesAndHoldersOverARestart()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");
        var container = new ContainerName("default", "first", "main");
        await node.Kubelet.AdmitAsync(container, (NodeFixture.Epc, 9));
        var held = node.Kubelet.Devices(container, NodeFixture.Epc).Order(StringComparer.Ordinal).ToList();
        await node.StopAgentAsync();
        await node.Kubelet.KillAsync();

        using (var checkpoint = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(node.PluginDirectory, "kubelet_internal_checkpoint"))))
        {
            var entry = checkpoint.RootElement.GetProperty("Data").GetProperty("PodDeviceEntries").EnumerateArray().Single();
            Assert.Equal(held, entry.GetProperty("DeviceIDs").EnumerateArray().Select(id => id.GetString()!).Order(StringComparer.Ordinal));
        }

        await node.StartKubeletAsync();

        Assert.True(node.Kubelet.Knows(NodeFixture.Epc));
        Assert.Equal((0, 0), (node.Kubelet.Capacity(NodeFixture.Epc), node.Kubelet.Allocatable(NodeFixture.Epc)));
        Assert.Equal(held, node.Kubelet.Devices(container, NodeFixture.Epc).Order(StringComparer.Ordinal));
        await Assert.ThrowsAsync<AdmissionException>(() => node.Kubelet.AdmitAsync(container, (NodeFixture.Epc, 9)));

        await node.StartAgentAsync();
        await node.UntilReadyAsync();
        await node.Kubelet.AdmitAsync(container, (NodeFixture.Epc, 9));
        Assert.Equal(9L << 20, node.Agent.State.Usage.UsedBytes);
    }

    private static List<string> Snapshot(List<string> log)
    {
        lock (log)
        {
            return [.. log];
        }
    }

    private static ResourcePlugin Make(KubeletDirectory directory, DeviceList list, List<string> log)
    {
        var ledger = new EpcLedger([new PlannedBank(null, long.MaxValue, 0, list.Count, long.MaxValue)]);
        var loggers = new ListLoggers(log);
        return new ResourcePlugin(Resource, ResourceKind.Epc, 1 << 20, list, new PluginContext
        {
            Directory = directory,
            Book = new AllocationBook(ledger, TimeSpan.FromMinutes(5), TimeProvider.System),
            Ledger = ledger,
            Grants = new ContainerGrants(new DevicePluginSettings { StandIn = "/dev/null" }),
            Metrics = new NodeMetrics(),
            Upkeep = new Upkeep(NullLogger.Instance, TimeProvider.System),
            Loggers = loggers,
            Time = TimeProvider.System,
            EnsureLedgerAsync = _ => ValueTask.CompletedTask,
        });
    }

    /// <summary>A plugin of the test's own, which sends whatever it is told to.</summary>
    private sealed class Plugin : IAsyncDisposable
    {
        private readonly TemporaryDirectory _directory = new();
        private readonly SemaphoreSlim _next = new(1);
        private RpcServer? _server;

        public async Task<TestKubelet> StartAsync(params IRpcEncodedMessage[] lists)
        {
            var kubelet = await TestKubelet.StartAsync(new TestKubeletOptions { Directory = _directory.File("dp") });
            _server = await RpcServer.StartAsync(
                new RpcServerOptions
                {
                    SocketPath = Path.Combine(_directory.File("dp"), "p.sock"),
                    Methods =
                    [
                        RpcMethod.Unary<Empty, DevicePluginOptions>(
                            KubeletMethods.GetDevicePluginOptions, Empty.Parser, (_, _) => ValueTask.FromResult(new DevicePluginOptions())),
                        RpcMethod.ServerStream<Empty, ListAndWatchResponse>(
                            KubeletMethods.ListAndWatch, Empty.Parser, async (_, stream, context) =>
                            {
                                foreach (var list in lists)
                                {
                                    await _next.WaitAsync(context.CancellationToken);
                                    await stream.WriteEncodedAsync(list);
                                }

                                await Task.Delay(Timeout.Infinite, context.CancellationToken);
                            }),
                    ],
                },
                CancellationToken.None);
            await using var client = new RpcClient(new RpcClientOptions { SocketPath = kubelet.Socket });
            await client.CallAsync(
                KubeletMethods.Register, new RegisterRequest { Version = "v1beta1", Endpoint = "p.sock", ResourceName = Resource },
                Empty.Parser, TaskPatience.Limit, CancellationToken.None);
            return kubelet;
        }

        public void SendNext() => _next.Release();

        public async ValueTask DisposeAsync()
        {
            await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
            _directory.Dispose();
        }
    }

    /// <summary>262,144 devices with ids of three characters, 16 bytes each; the last id is so many characters longer.</summary>
    private sealed class ExactList(int extra) : IRpcEncodedMessage
    {
        private const int Count = 262_144;
        private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        private int _next;

        public int Length => (Count * 16) + extra;

        public void WriteNext(IBufferWriter<byte> output)
        {
            for (var i = 0; i < 256; i++, _next++)
            {
                var longer = _next == Count - 1 ? extra : 0;
                var span = output.GetSpan(16 + longer);
                (span[0], span[1], span[2], span[3]) = (0x0A, (byte)(14 + longer), 0x0A, (byte)(3 + longer));
                (span[4], span[5], span[6]) = ((byte)Alphabet[_next >> 12], (byte)Alphabet[(_next >> 6) & 63], (byte)Alphabet[_next & 63]);
                span[7..(7 + longer)].Fill((byte)'x');
                span = span[(7 + longer)..];
                (span[0], span[1]) = (0x12, 7);
                "Healthy"u8.CopyTo(span[2..]);
                output.Advance(16 + longer);
            }
        }
    }

    private sealed class ListLoggers(List<string> log) : ILoggerFactory, ILogger
    {
        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (log)
            {
                log.Add($"{logLevel} {eventId.Id} {formatter(state, exception)}");
            }
        }
    }
}
