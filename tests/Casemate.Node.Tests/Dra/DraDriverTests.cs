using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.Dra;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.Dra;
using Casemate.Rpc.Kubelet.DraHealth;
using Casemate.Rpc.Kubelet.Registration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Node.Tests.Dra;

/// <summary>The whole agent with DRA on, called as the kubelet calls it.</summary>
public sealed class DraDriverTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private DraFixture _node = null!;
    private NodeAgent _agent = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await DraFixture.StartAsync();
        _agent = await StartAgentAsync();
        await _node.Api.UntilAsync(() => _agent.State.Dra is { PublishProblem: null } && File.Exists(RegistrationSocket));
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _node.DisposeAsync();
    }

    private string RegistrationSocket => Path.Combine(_node.Settings.RegistryDirectory, "sgx.casemate.dev-reg.sock");

    private string ServiceSocket => Path.Combine(_node.Settings.PluginDirectory, "sgx.casemate.dev", "dra.sock");

    [Fact]
    public async Task SaysWhoItIs()
    {
        var who = await CallAsync(RegistrationSocket, KubeletMethods.GetInfo, new InfoRequest(), PluginInfo.Parser);

        Assert.Equal(("DRAPlugin", "sgx.casemate.dev", ServiceSocket), (who.Type, who.Name, who.Endpoint));
        Assert.Equal(["v1.DRAPlugin"], who.SupportedVersions);
        Assert.True(File.Exists(who.Endpoint));
    }

    [Fact]
    public async Task IsReady_WhenTheKubeletRegisteredIt()
    {
        Assert.False(_agent.IsReady);
        await NotifyAsync(new RegistrationStatus { PluginRegistered = false, Error = "no such version" });
        Assert.Equal((false, "no such version"), (_agent.State.Dra!.Registered, _agent.State.Dra.RegistrationError));

        await NotifyAsync(new RegistrationStatus { PluginRegistered = true });

        Assert.True(_agent.State.Dra.Registered);
        Assert.Null(_agent.State.Dra.RegistrationError);
        await _node.Api.UntilAsync(() => _agent.IsReady);
    }

    [Fact]
    public void OffersNothing_AsDevicePlugin()
    {
        Assert.Empty(_agent.State.Resources);
        Assert.Equal(3, _agent.State.Dra!.PublishedDevices);
    }

    // A runtime would give the enclave device by it without a claim, and so without an account.
    [Fact]
    public void DescribesDevices_OfClaimsAlone() => Assert.False(Directory.Exists(_node.Cdi) && Directory.EnumerateFiles(_node.Cdi).Any());

    [Fact]
    public async Task PreparesAndReleases_OverItsSocket()
    {
        var claim = _node.Allocate("a", "3Gi");
        var prepared = await CallAsync(
            ServiceSocket, KubeletMethods.NodePrepareResources, DraFixture.Ask(claim), NodePrepareResourcesResponse.Parser);
        Assert.Equal("epc-0", Assert.Single(prepared.Claims[claim.Uid].Devices).DeviceName);
        Assert.Equal(3L << 30, _agent.State.Usage.UsedBytes);
        Assert.Equal(1, _agent.State.Dra!.PreparedClaims);

        var released = await CallAsync(
            ServiceSocket, KubeletMethods.NodeUnprepareResources, DraFixture.Release(claim), NodeUnprepareResourcesResponse.Parser);
        Assert.Equal("", released.Claims[claim.Uid].Error);
        Assert.Equal(0, _agent.State.Usage.UsedBytes);
    }

    [Fact]
    public async Task AnswersTheSame_AfterARestart()
    {
        var claim = _node.Allocate("a", "3Gi");
        var first = await CallAsync(ServiceSocket, KubeletMethods.NodePrepareResources, DraFixture.Ask(claim), NodePrepareResourcesResponse.Parser);
        await _agent.DisposeAsync();
        Assert.False(File.Exists(RegistrationSocket));
        _agent = await StartAgentAsync();
        await _node.Api.UntilAsync(() => File.Exists(ServiceSocket));

        Assert.Equal(first, await CallAsync(ServiceSocket, KubeletMethods.NodePrepareResources, DraFixture.Ask(claim), NodePrepareResourcesResponse.Parser));
        Assert.Equal(3L << 30, _agent.State.Usage.UsedBytes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task MakesItsSocketsAnew_WhenTheyAreDeleted(bool registration)
    {
        File.Delete(registration ? RegistrationSocket : ServiceSocket);

        await _node.Api.UntilAsync(() => File.Exists(RegistrationSocket) && File.Exists(ServiceSocket));

        var claim = _node.Allocate("a", "1Gi");
        var prepared = await CallAsync(
            ServiceSocket, KubeletMethods.NodePrepareResources, DraFixture.Ask(claim), NodePrepareResourcesResponse.Parser);
        Assert.Equal("", prepared.Claims[claim.Uid].Error);
    }

    [Fact]
    public async Task PublishesAgain_AfterAKubeletThatStartedDeletedTheSlices()
    {
        _node.Api.Delete(KubeResource.ResourceSlices, null, "n1-sgx");
        await NotifyAsync(new RegistrationStatus { PluginRegistered = true });

        await _node.Api.UntilAsync(() => _node.Api.Find(KubeResource.ResourceSlices, null, "n1-sgx") is not null);
    }

    [Fact]
    public async Task TellsHowDevicesAre()
    {
        await using var client = new RpcClient(new RpcClientOptions { SocketPath = ServiceSocket });
        await foreach (var state in client.StreamAsync(
            KubeletMethods.NodeWatchResources, new NodeWatchResourcesRequest(), NodeWatchResourcesResponse.Parser, Patience))
        {
            Assert.Equal(["enclave", "epc-0", "provision"], state.Devices.Select(device => device.Device.DeviceName));
            Assert.All(state.Devices, device => Assert.Equal(("n1", HealthStatus.Healthy), (device.Device.PoolName, device.Health)));
            return;
        }

        Assert.Fail("There was no state.");
    }

    [Fact]
    public void Remembers_DevicesThatAreGone()
    {
        var context = _node.NewContext();
        var feed = new DraHealthFeed(context);
        Assert.All(feed.State().Devices, device => Assert.Equal(HealthStatus.Healthy, device.Health));
        context.Catalog = context.Catalog with { Problem = new string('x', 2000) };
        Assert.All(feed.State().Devices, device => Assert.Equal((HealthStatus.Unhealthy, 1024), (device.Health, device.Message.Length)));
        context.Catalog = DraCatalog.Empty;

        Assert.Equal(3, feed.State().Devices.Count);
        Assert.All(feed.State().Devices, device => Assert.Equal((HealthStatus.Unhealthy, "The device is not there any more."), (device.Health, device.Message)));
    }

    [Theory]
    [InlineData("Node-1")]
    [InlineData("a/b")]
    [InlineData("-a")]
    public void Refuses_WhatCannotBeTheNameOfANode(string name)
    {
        var options = new NodeAgentOptions { Sources = new TestMachine().Sources() with { Simulated = false }, Dra = _node.Settings, NodeName = name };

        Assert.Contains("the name of the Node object", Assert.Single(options.Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public void SaysThatLimitsAreAccounting() =>
        Assert.Equal("EPC limits are scheduling accounting: this kernel enforces none.", _agent.State.EpcLimits);

    private async Task<NodeAgent> StartAgentAsync() => await NodeAgent.StartAsync(
        new NodeAgentOptions
        {
            Sources = new TestMachine().Sources(),
            Advertisement = new AdvertisementSettings { Dra = true },
            Dra = _node.Settings,
            DevicePlugin = new Casemate.Node.DevicePlugin.DevicePluginSettings
            {
                Directory = _node.File("dp"),
                PodResourcesSocket = null,
                StandIn = "/dev/null",
                CdiDirectory = _node.Cdi,
                PollInterval = TimeSpan.FromSeconds(1),
            },
            NodeName = DraFixture.Node,
        },
        NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);

    private Task<RegistrationStatusResponse> NotifyAsync(RegistrationStatus status) =>
        CallAsync(RegistrationSocket, KubeletMethods.NotifyRegistrationStatus, status, RegistrationStatusResponse.Parser);

    private static async Task<T> CallAsync<T>(
        string socket, string method, Google.Protobuf.IMessage request, Google.Protobuf.MessageParser<T> parser)
        where T : class, Google.Protobuf.IMessage<T>
    {
        await using var client = new RpcClient(new RpcClientOptions { SocketPath = socket });
        return await client.CallAsync(method, request, parser, Patience, CancellationToken.None);
    }
}
