using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;
using Casemate.Node.Dra;
using Casemate.Node.Health;
using Casemate.Testing.Kubernetes;

namespace Casemate.Node.Tests.Dra;

public sealed class ResourceSliceTests
{
    [Fact]
    public async Task Offers_OneDeviceWithAQuantityForEachBank()
    {
        await using var node = await PublishAsync();

        var slice = Assert.Single(node.Api.All(KubeResource.ResourceSlices)).ToNode();
        Assert.Equal("n1-sgx", (string?)slice["metadata"]!["name"]);
        Assert.Equal("Node", (string?)slice["metadata"]!["ownerReferences"]![0]!["kind"]);
        var spec = slice["spec"]!;
        Assert.Equal(("sgx.casemate.dev", "n1"), ((string?)spec["driver"], (string?)spec["nodeName"]));
        AssertJson("""{"name":"n1","generation":1,"resourceSliceCount":1}""", spec["pool"]);
        AssertJson(
            """
            {"name":"epc-0","allowMultipleAllocations":true,
             "attributes":{"kind":{"string":"epc"},"simulated":{"bool":true},"numa":{"int":0},"driver":{"string":"in-kernel"},"sgx":{"int":2},
               "edmm":{"bool":true},"flc":{"bool":true}},
             "capacity":{"epc":{"value":"8Gi","requestPolicy":{"default":"16Mi","validRange":{"min":"1Mi","step":"1Mi"}}}}}
            """,
            spec["devices"]![0]);
        AssertJson(
            """
            {"name":"provision","allowMultipleAllocations":true,"attributes":{"kind":{"string":"provision"},"simulated":{"bool":true}},
             "capacity":{"slots":{"value":"110","requestPolicy":{"default":"1","validValues":["1"]}}}}
            """,
            spec["devices"]![2]);
    }

    [Fact]
    public void Names_TheNumaNodeOfEachBank()
    {
        var hardware = new HardwareScanner(DevicePlugin.DevicePluginTests.TwoBanks(256, 512)).Scan();
        var devices = Assert.Single(ResourceSliceDocument.DevicesOf(CatalogOf(hardware)));

        Assert.Equal(["epc-0", "epc-1", "enclave", "provision"], devices.Select(device => (string?)device!["name"]));
        Assert.Equal([0, 1], devices.Take(2).Select(device => (int?)device!["attributes"]!["numa"]!["int"]));
        Assert.Equal(["256Mi", "512Mi"], devices.Take(2).Select(device => (string?)device!["capacity"]!["epc"]!["value"]));
    }

    [Fact]
    public void Offers_GuestDevices()
    {
        var guest = new NodeHardware
        {
            Machine = "guest",
            Simulated = false,
            SnpGuest = new SnpGuest(new DeviceNode("/dev/sev-guest", "/dev/sev-guest", 10, 1, 0x180, 0)),
            TdxGuest = new TdxGuest(new DeviceNode("/dev/tdx_guest", "/dev/tdx_guest", 10, 2, 0x180, 0)),
        };
        var devices = Assert.Single(ResourceSliceDocument.DevicesOf(CatalogOf(guest)));

        Assert.Equal(["snp-guest", "tdx-guest"], devices.Select(device => (string?)device!["attributes"]!["kind"]!["string"]));
    }

    [Theory]
    [InlineData(1, "1Mi", "{\"default\":\"1Mi\",\"validValues\":[\"1Mi\"]}")]
    [InlineData(2, "2Mi", "{\"default\":\"2Mi\",\"validRange\":{\"min\":\"1Mi\",\"step\":\"1Mi\"}}")]
    [InlineData(131072, "128Gi", "{\"default\":\"16Mi\",\"validRange\":{\"min\":\"1Mi\",\"step\":\"1Mi\"}}")]
    [InlineData(8176, "8176Mi", "{\"default\":\"16Mi\",\"validRange\":{\"min\":\"1Mi\",\"step\":\"1Mi\"}}")]
    public void KeepsTheRulesOfRequestPolicies_AtAnySize(long mib, string value, string policy)
    {
        var epc = ResourceSliceDocument.DevicesOf(new DraCatalog([new DraDevice("epc-0", DraDeviceKind.Epc, 0, mib << 20, [])], null, false, null))[0][0]!["capacity"]!["epc"]!;

        Assert.Equal(value, (string?)epc["value"]);
        AssertJson(policy, epc["requestPolicy"]);
    }

    [Fact]
    public void KeepsTheLimitsOfASlice()
    {
        var many = Enumerable.Range(0, 300).Select(i => new DraDevice($"epc-{i}", DraDeviceKind.Epc, i, 1L << 30, []));
        var slices = ResourceSliceDocument.DevicesOf(new DraCatalog([.. many], new TestMachine().Scan().Sgx, true, null));

        Assert.Equal([128, 128, 44], slices.Select(devices => devices.Count));
        Assert.All(slices.SelectMany(devices => devices), device =>
        {
            var (attributes, capacity) = (device!["attributes"]!.AsObject(), device["capacity"]!.AsObject());
            Assert.InRange(attributes.Count + capacity.Count, 1, 32);
            Assert.All(attributes.Select(one => one.Key).Concat(capacity.Select(one => one.Key)), name => Assert.Matches("^[a-zA-Z_][a-zA-Z0-9_]{0,31}$", name));
            Assert.All(attributes, attribute => Assert.Single(attribute.Value!.AsObject()));
        });
    }

    [Fact]
    public async Task RaisesTheGeneration_WhenTheHardwareChanges()
    {
        await using var node = await PublishAsync();
        node.Hardware = new HardwareScanner(DevicePlugin.DevicePluginTests.TwoBanks(256, 512)).Scan();
        node.Context.Catalog = node.Catalog;

        await node.Api.UntilAsync(() => Slice(node)?.At("spec", "pool", "generation")?.GetInt64() == 2);

        Assert.Equal(4, Slice(node)!.ListAt("spec", "devices").Count);
    }

    [Fact]
    public async Task RestoresASlice_ThatSomebodyDeleted()
    {
        await using var node = await PublishAsync();
        node.Api.Delete(KubeResource.ResourceSlices, null, "n1-sgx");

        await node.Api.UntilAsync(() => Slice(node) is not null);

        Assert.Equal(1, Slice(node)!.At("spec", "pool", "generation")!.Value.GetInt64());
    }

    [Fact]
    public async Task RestoresASlice_ThatSomebodyChanged()
    {
        await using var node = await PublishAsync();
        node.Api.Change(KubeResource.ResourceSlices, null, "n1-sgx", "somebody", slice =>
            slice["spec"]!["devices"]![0]!["capacity"]!["epc"]!["value"] = "999Gi");

        await node.Api.UntilAsync(() => Slice(node)?.At("spec", "pool", "generation")?.GetInt64() == 2
            && Slice(node)!.ListAt("spec", "devices")[0].GetProperty("capacity").GetProperty("epc").GetProperty("value").GetString() == "8Gi");
    }

    [Fact]
    public async Task RestoresASlice_WhoseGenerationCannotGrow()
    {
        await using var node = await PublishAsync();
        node.Api.Change(KubeResource.ResourceSlices, null, "n1-sgx", "somebody", slice =>
        {
            slice["spec"]!["pool"]!["generation"] = long.MaxValue;
            slice["spec"]!["devices"]![0]!["capacity"]!["epc"]!["value"] = "999Gi";
        });

        await node.Api.UntilAsync(() =>
            Slice(node)!.ListAt("spec", "devices")[0].GetProperty("capacity").GetProperty("epc").GetProperty("value").GetString() == "8Gi");
        Assert.Equal(long.MaxValue, Slice(node)!.At("spec", "pool", "generation")!.Value.GetInt64());
    }

    [Fact]
    public async Task DoesNotWrite_WhatIsThereAlready()
    {
        await using var node = await PublishAsync();
        var version = Slice(node)!.ResourceVersion;
        var next = new ResourceSlicePublisher(node.NewContext());
        node.Run(next);
        await node.Api.UntilAsync(() => next.Problem is null);

        Assert.Equal(version, Slice(node)!.ResourceVersion);
        Assert.Equal((1, 3), (next.Generation, next.Devices));
    }

    [Fact]
    public async Task TriesAgain_WhenTheApiServerIsDown()
    {
        await using var node = new RunningNode(await DraFixture.StartAsync());
        node.Api.Refuse(2, new ApiFault(503, "ServiceUnavailable", "down"), request => request.Method == "PATCH");
        var publisher = new ResourceSlicePublisher(node.NewContext());
        node.Run(publisher);

        await node.Api.UntilAsync(() => publisher.Problem is null);

        Assert.NotNull(Slice(node));
    }

    [Fact]
    public async Task DeletesOnlyItsOwnSlices_OnStop()
    {
        await using var node = await PublishAsync();
        node.Api.Put(KubeResource.ResourceSlices, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "n1-gpu" },
            ["spec"] = new JsonObject { ["driver"] = "gpu.example.com", ["nodeName"] = "n1" },
        });
        await node.StopAsync();

        await new ResourceSlicePublisher(node.Context).RemoveAsync(CancellationToken.None);

        Assert.Equal(["n1-gpu"], node.Api.All(KubeResource.ResourceSlices).Select(slice => slice.Name));
    }

    private static DraCatalog CatalogOf(NodeHardware hardware) => DraCatalog.Of(
        AdvertisementPlan.Make(hardware, new AdvertisementSettings { Dra = true }), hardware, HardwareHealth.Good);

    private static KubeObject? Slice(RunningNode node) => node.Api.Find(KubeResource.ResourceSlices, null, "n1-sgx");

    private static async Task<RunningNode> PublishAsync()
    {
        var node = new RunningNode(await DraFixture.StartAsync());
        var publisher = new ResourceSlicePublisher(node.NewContext());
        node.Run(publisher);
        await node.Api.UntilAsync(() => publisher.Problem is null && node.Api.OpenWatches > 0);
        return node;
    }

    private static void AssertJson(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}, got {actual?.ToJsonString()}");

    /// <summary>A node whose publishers end with it.</summary>
    private sealed class RunningNode(DraFixture fixture) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private readonly List<Task> _running = [];

        public TestApiServer Api => fixture.Api;

        public DraContext Context => fixture.Context;

        public DraCatalog Catalog => fixture.Catalog;

        public NodeHardware Hardware
        {
            set => fixture.Hardware = value;
        }

        public DraContext NewContext() => fixture.NewContext();

        public void Run(ResourceSlicePublisher publisher) => _running.AddRange(
            [Task.Run(() => publisher.RunAsync(_stopping.Token)), Task.Run(() => publisher.WatchAsync(_stopping.Token))]);

        public async Task StopAsync()
        {
            await _stopping.CancelAsync();
            await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            await fixture.DisposeAsync();
            _stopping.Dispose();
        }
    }
}
