using Casemate.Node.Advertisement;
using Casemate.Node.Tests.Metrics;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.Dra;
using Casemate.Rpc.Kubelet.Registration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Node.Tests.Dra;

/// <summary>What a running agent with DRA measures and says of its readiness.</summary>
public sealed class DraMetricsTests : IAsyncLifetime
{
    private DraFixture _node = null!;
    private NodeAgent _agent = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await DraFixture.StartAsync();
        Directory.CreateDirectory(_node.File("dp"));
        _agent = await NodeAgent.StartAsync(
            new NodeAgentOptions
            {
                Sources = new TestMachine().Sources(),
                Advertisement = new AdvertisementSettings { Dra = true },
                Dra = _node.Settings,
                NodeName = DraFixture.Node,
                DevicePlugin = _node.Plugin with { Directory = _node.File("dp"), PodResourcesSocket = null },
            },
            NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);
        await _node.Api.UntilAsync(() => _agent.State.Dra is { PublishProblem: null } && File.Exists(Registration));
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _node.DisposeAsync();
    }

    private string Registration => Path.Combine(_node.Settings.RegistryDirectory, "sgx.casemate.dev-reg.sock");

    private string Service => Path.Combine(_node.Settings.PluginDirectory, "sgx.casemate.dev", "dra.sock");

    [Fact]
    public async Task CountsClaims_AndPublishedDevices()
    {
        using var collected = new Collected(_agent.Meter);
        var claim = _node.Allocate("a", "3Gi");
        await CallAsync(Service, KubeletMethods.NodePrepareResources, DraFixture.Ask(claim), NodePrepareResourcesResponse.Parser);

        Assert.Equal(1, collected.Count("casemate_dra_prepare_seconds{result=\"ok\"}"));
        Assert.Equal(["casemate_dra_prepared_claims{node=\"n1\"} 1"], collected.Now("casemate_dra_prepared_claims"));
        Assert.Equal(["casemate_dra_published_devices{node=\"n1\"} 3"], collected.Now("casemate_dra_published_devices"));
    }

    [Fact]
    public async Task ThePhasePlugin_EndsWhenTheKubeletKnowsTheDriver()
    {
        using var collected = new Collected(_agent.Meter);
        Assert.Equal("the kubelet does not know the DRA driver yet", _agent.WhyNotReady);
        Assert.Equal(0, collected.Count("casemate_node_startup_seconds{phase=\"plugin\"}"));

        await CallAsync(
            Registration, KubeletMethods.NotifyRegistrationStatus, new RegistrationStatus { PluginRegistered = false, Error = "no such version" },
            RegistrationStatusResponse.Parser);
        Assert.Equal("the kubelet did not register the DRA driver: no such version", _agent.WhyNotReady);

        await CallAsync(
            Registration, KubeletMethods.NotifyRegistrationStatus, new RegistrationStatus { PluginRegistered = true },
            RegistrationStatusResponse.Parser);
        await _node.Api.UntilAsync(() => _agent.IsReady);
        await _node.Api.UntilAsync(() => collected.Count("casemate_node_startup_seconds{phase=\"plugin\"}") == 1);
    }

    [Fact]
    public async Task TheClaim_SaysThatItsDevicesAreReady()
    {
        var claim = _node.Allocate("a", "3Gi");
        await CallAsync(Service, KubeletMethods.NodePrepareResources, DraFixture.Ask(claim), NodePrepareResourcesResponse.Parser);

        await _node.Api.UntilAsync(() => _node.Api.Find(Casemate.Kubernetes.KubeResource.ResourceClaims, claim.Namespace, claim.Name)!
            .ListAt("status", "devices").Count == 1);
    }

    private static async Task<T> CallAsync<T>(
        string socket, string method, Google.Protobuf.IMessage request, Google.Protobuf.MessageParser<T> parser)
        where T : class, Google.Protobuf.IMessage<T>
    {
        await using var client = new RpcClient(new RpcClientOptions { SocketPath = socket });
        return await client.CallAsync(method, request, parser, TimeSpan.FromMinutes(1), CancellationToken.None);
    }
}
