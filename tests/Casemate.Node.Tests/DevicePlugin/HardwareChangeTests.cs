using Casemate.Kubernetes;
using Casemate.Node.Discovery;
using Casemate.Testing;
using Casemate.Testing.Kubelet;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>Hardware that changes under pods.</summary>
public sealed class HardwareChangeTests
{
    private static readonly ContainerName First = new("default", "first", "main");

    private sealed class Switch : IDeviceChanges
    {
        private readonly SemaphoreSlim _changed = new(0);

        public void Tell() => _changed.Release();

        public Task WaitAsync(CancellationToken cancellationToken) => _changed.WaitAsync(cancellationToken);

        public void Dispose() => _changed.Dispose();
    }

    /// <summary>A machine whose description a test changes while it is looked at.</summary>
    private sealed class Changing(Func<TestMachine> machine) : IDeviceDirectory, ISystemFiles
    {
        public DeviceEntry? Look(string path) => machine().Sources().Devices.Look(path);

        public SystemFile Read(string path, int limit) => machine().Read(path, limit);

        public IReadOnlyList<string> List(string path) => machine().List(path);

        public bool HasDirectory(string path) => machine().HasDirectory(path);
    }

    private static TestMachine Machine(int mib, string? devices = null)
    {
        var machine = new TestMachine { Cpuid = TestMachine.Processor((0x1_0000_0000, 64 * TestMachine.MiB)) };
        machine.Devices = devices ?? machine.Devices;
        return machine.Epc(0, $"{mib * TestMachine.MiB}\n");
    }

    private static async Task<(NodeFixture Node, Action<TestMachine> Become)> StartAsync(TestMachine first)
    {
        var current = first;
        var changing = new Changing(() => current);
        var changes = new Switch();
        var node = NodeFixture.Describe(first.Sources() with { Files = changing, Devices = changing });
        node.Options = node.Options with { DeviceChanges = changes };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await node.UntilReadyAsync();
        return (node, machine =>
        {
            current = machine;
            changes.Tell();
        }
        );
    }

    [Fact]
    public async Task MoreHeldThanThereIs_IsToldOnce_AndItsEnd()
    {
        await using var node = NodeFixture.Describe(Machine(64).Sources());
        node.SweepSoon();
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await node.UntilReadyAsync();
        await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, 40));
        await node.StopAgentAsync();
        node.Options = node.Options with { Sources = Machine(32).Sources() with { Simulated = true } };
        await node.StartAgentAsync();

        await TaskPatience.UntilAsync(() => node.Lines(3635).Count == 1);
        Assert.Contains("Pods hold 40 MiB of EPC, and there are 32 MiB for them", Assert.Single(node.Lines(3635)), StringComparison.Ordinal);
        Assert.Empty(node.Lines(3636));

        node.Kubelet.Remove(First.Namespace, First.Pod);
        await TaskPatience.UntilAsync(() => node.Lines(3636).Count == 1);
        Assert.Single(node.Lines(3635));
    }

    [Fact]
    public async Task DeviceThatGoes_MakesAllUnhealthy_AndWellAgainWhenItIsBack()
    {
        var (node, become) = await StartAsync(Machine(64));
        await using var _ = node;

        become(Machine(64, "char /dev/null 1 3 0666 0\n"));
        await node.Kubelet.UntilAllocatableAsync(NodeFixture.Epc, 0);
        await node.Kubelet.UntilAllocatableAsync(AccessResource.Enclave, 0);
        Assert.Equal(64, node.Kubelet.Capacity(NodeFixture.Epc));
        Assert.Equal(1, node.Kubelet.Registrations(NodeFixture.Epc));

        become(Machine(64));
        await node.Kubelet.UntilAllocatableAsync(NodeFixture.Epc, 64);
        await node.Kubelet.UntilAllocatableAsync(AccessResource.Enclave, 110);
        Assert.Equal(1, node.Kubelet.Registrations(NodeFixture.Epc));
    }

    [Fact]
    public async Task EpcThatShrinks_TakesTheLastDevicesAway_WhileAPodHoldsSome()
    {
        var (node, become) = await StartAsync(Machine(64));
        await using var _ = node;
        await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, 5));

        become(Machine(60));

        await node.Kubelet.UntilAllocatableAsync(NodeFixture.Epc, 60);
        Assert.Equal(64, node.Kubelet.Capacity(NodeFixture.Epc));
        Assert.Contains(node.Notices, notice => notice.Reason == "HardwareChanged");
    }

    [Fact]
    public async Task EpcThatGrows_WaitsForThePodThatHoldsSome()
    {
        var (node, become) = await StartAsync(Machine(32));
        await using var _ = node;
        await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, 5));

        become(Machine(64));
        await node.Kubelet.UntilAsync(() => node.Agent.State.Hardware.Sgx!.EpcBytes == 64 * TestMachine.MiB);

        Assert.Equal(32, node.Kubelet.Allocatable(NodeFixture.Epc));
    }

    [Fact]
    public async Task EpcThatOutgrowsDevices_IsNotOfferedInAnotherWay_WhileAPodHoldsSome()
    {
        var (node, become) = await StartAsync(Machine(64));
        await using var _ = node;
        await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, 5));

        become(Machine(8192));
        await node.Kubelet.UntilAsync(() => node.Agent.State.Deferred is not null);

        Assert.Equal(64, node.Kubelet.Allocatable(NodeFixture.Epc));
        Assert.Equal(NodeFixture.Epc, node.Agent.State.Plan.Family!.Name);
        Assert.Contains("an amount of sgx.intel.com/epc in the node's status", node.Agent.State.Deferred, StringComparison.Ordinal);
    }
}
