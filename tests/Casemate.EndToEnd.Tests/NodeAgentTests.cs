using Casemate.Testing;
using Casemate.Testing.Kubelet;

namespace Casemate.EndToEnd.Tests;

/// <summary><c>casemate node</c> as a process, with a kubelet: what a node sees when it starts, stops and is killed.</summary>
public sealed class NodeAgentTests : IDisposable
{
    private const string Epc = "kubernetes.azure.com/sgx_epc_mem_in_MiB";
    private const string Enclave = "sgx.intel.com/enclave";
    private const int Devices = 56;                                        // dc2s_v2

    private static readonly ContainerName First = new("default", "first", "main");

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private TestKubeletOptions Kubelet(Func<KubeletStep, string, Task>? before = null) => new()
    {
        Directory = _directory.File("device-plugins"),
        PodResourcesSocket = _directory.File("pod-resources/kubelet.sock"),
        Before = before ?? ((_, _) => Task.CompletedTask),
    };

    private RunningProgram Start(params string[] arguments) => RunningProgram.StartCasemate(
        null, ["node", "--simulate", "dc2s_v2", "--kubelet-dir", _directory.Path, "--http", _directory.File("http.sock"), .. arguments]);

    private Task<string> GetAsync(string path) => UnixHttp.GetAsync(_directory.File("http.sock"), path);

    [Fact]
    public async Task Registers_SaysSo_AndEndsInGoodOrder()
    {
        await using var kubelet = await TestKubelet.StartAsync(Kubelet());
        await using var agent = Start();

        await kubelet.UntilAllocatableAsync(Epc, Devices);
        await agent.ErrorLineAsync("Health and metrics on");
        await kubelet.UntilAsync(() => GetAsync("/readyz").Result.StartsWith("200", StringComparison.Ordinal));
        Assert.StartsWith("200", await GetAsync("/healthz"), StringComparison.Ordinal);
        var metrics = await GetAsync("/metrics");
        Assert.Contains($"casemate_device_plugin_expected{{resource=\"{Epc}\"}} {Devices}", metrics, StringComparison.Ordinal);
        Assert.Contains("casemate_node_tee_info{", metrics, StringComparison.Ordinal);
        Assert.Contains("simulated=\"true\"", metrics, StringComparison.Ordinal);

        agent.Send(RunningProgram.Signal.Terminate);

        Assert.Equal(0, (await agent.EndAsync()).ExitCode);
        Assert.Equal(0, kubelet.Allocatable(Epc));
        Assert.Equal(Devices, kubelet.Capacity(Epc));
        Assert.Empty(Directory.EnumerateFiles(_directory.File("device-plugins"), "casemate-*"));
    }

    [Theory]
    [InlineData(KubeletStep.RegisterReceived)]
    [InlineData(KubeletStep.OptionsReceived)]
    [InlineData(KubeletStep.Listing)]
    [InlineData(KubeletStep.Listed)]
    public async Task KilledWhileItRegisters_TheNextOneRegisters(KubeletStep step)
    {
        RunningProgram? agent = null;
        var started = new TaskCompletionSource();
        var killed = new TaskCompletionSource();
        await using var kubelet = await TestKubelet.StartAsync(Kubelet(async (at, resource) =>
        {
            await started.Task;
            if (at == step && resource == Epc && !killed.Task.IsCompleted)
            {
                agent!.Send(RunningProgram.Signal.Kill);
                killed.SetResult();
            }
        }));
        agent = Start();
        started.SetResult();
        await killed.Task.WaitAsync(TimeSpan.FromMinutes(1));
        await agent.DisposeAsync();

        await using var next = Start();

        await kubelet.UntilAsync(() => kubelet.Allocatable(Epc) == Devices && kubelet.Allocatable(Enclave) == 110);
    }

    [Theory]
    [InlineData(KubeletStep.Allocating, 0)]
    [InlineData(KubeletStep.Allocated, 9)]
    public async Task KilledWhileItAllocates_TheNextOneCountsWhatTheKubeletKept(KubeletStep step, int heldMiB)
    {
        RunningProgram? agent = null;
        await using var kubelet = await TestKubelet.StartAsync(Kubelet(async (at, resource) =>
        {
            if (at == step && resource == Epc && agent is { } running)
            {
                agent = null;
                running.Send(RunningProgram.Signal.Kill);
                await running.DisposeAsync();
            }
        }));
        agent = Start();
        await kubelet.UntilAllocatableAsync(Epc, Devices);
        var admitted = true;
        try
        {
            await kubelet.AdmitAsync(First, (Epc, 9));
        }
        catch (AdmissionException)
        {
            admitted = false;
        }

        Assert.Equal(heldMiB > 0, admitted);
        await using var next = Start();
        await kubelet.UntilAllocatableAsync(Epc, Devices);
        await next.ErrorLineAsync("Health and metrics on");
        await kubelet.UntilAsync(() => GetAsync("/metrics").Result.Contains(
            $"casemate_node_epc_requested_bytes{{node=\"{Environment.MachineName}\",numa=\"0\"}} {heldMiB * 1048576}\n", StringComparison.Ordinal)
            || GetAsync("/metrics").Result.Contains(
                $"casemate_node_epc_requested_bytes{{node=\"{Environment.MachineName}\",numa=\"\"}} {heldMiB * 1048576}\n", StringComparison.Ordinal));
    }
}
