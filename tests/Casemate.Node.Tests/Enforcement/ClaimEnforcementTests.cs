using Casemate.Node.Advertisement;
using Casemate.Node.DevicePlugin;
using Casemate.Node.Enforcement;
using Casemate.Node.Tests.Dra;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.Dra;
using Casemate.Rpc.Nri;
using Casemate.Testing.Kubelet;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Node.Tests.Enforcement;

/// <summary>EPC limits of containers whose EPC is a claim's.</summary>
public sealed class ClaimEnforcementTests : IAsyncLifetime
{
    private DraFixture _node = null!;
    private NodeAgent _agent = null!;
    private TestRuntime _runtime = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await DraFixture.StartAsync();
        _runtime = TestRuntime.Start(new TestRuntimeOptions { Socket = _node.File("nri/nri.sock") });
        await StartAgentAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _runtime.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task HoldAContainer_ToWhatItsClaimsHave()
    {
        var container = await PrepareAsync("a", "3Gi");

        await _runtime.CreateAsync(new PodSandbox { Id = "p", Name = "pod", Namespace = "default" }, container);

        Assert.Equal("sgx_epc 3221225472", _runtime.Unified("a")["misc.max"]);
    }

    [Fact]
    public async Task AreThere_AfterARestartOfTheAgent()
    {
        var container = await PrepareAsync("a", "3Gi");
        await _agent.DisposeAsync();
        await _runtime.CreateAsync(new PodSandbox { Id = "p", Name = "pod", Namespace = "default" }, container);
        Assert.Empty(_runtime.Unified("a"));                               // nobody was there to be asked

        await StartAgentAsync();

        Assert.Equal("sgx_epc 3221225472", _runtime.Unified("a")["misc.max"]);
    }

    private async Task<Container> PrepareAsync(string name, string epc)
    {
        var claim = _node.Allocate(name, epc);
        var socket = Path.Combine(_node.Settings.PluginDirectory, "sgx.casemate.dev", "dra.sock");
        await _node.Api.UntilAsync(() => File.Exists(socket));
        await using var client = new RpcClient(new RpcClientOptions { SocketPath = socket });
        var prepared = await client.CallAsync(
            KubeletMethods.NodePrepareResources, DraFixture.Ask(claim), NodePrepareResourcesResponse.Parser, TimeSpan.FromMinutes(1),
            CancellationToken.None);
        return new Container
        {
            Id = name,
            Name = "main",
            CdiDevices = { prepared.Claims[claim.Uid].Devices.SelectMany(device => device.CdiDeviceIds).Select(id => new CdiDevice { Name = id }) },
        };
    }

    private async Task StartAgentAsync()
    {
        _agent = await NodeAgent.StartAsync(
            new NodeAgentOptions
            {
                Sources = new TestMachine().With("/sys/fs/cgroup/misc.capacity", "sgx_epc 8589934592\n").Sources(),
                Advertisement = new AdvertisementSettings { Dra = true },
                Dra = _node.Settings,
                DevicePlugin = new DevicePluginSettings { Directory = _node.File("dp"), PodResourcesSocket = null, StandIn = "/dev/null" },
                NodeName = DraFixture.Node,
                Enforcement = new EpcEnforcementSettings { Mode = EpcEnforcementMode.On, NriSocket = _node.File("nri/nri.sock") },
            },
            NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);
        await _node.Api.UntilAsync(() => _agent.State.Enforcement.IsActive && _runtime.HasPlugin);
    }
}
