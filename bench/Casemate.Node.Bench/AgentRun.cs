using System.Diagnostics;
using System.Globalization;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Testing.Kubelet;

namespace Casemate.Node.Bench;

/// <summary>The published agent, as a process of its own, with a kubelet that waits for it.</summary>
internal sealed class AgentRun : IAsyncDisposable
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

    private readonly string _directory;
    private readonly TestKubelet _kubelet;
    private readonly Process _process;
    private readonly MeasuredMachine _machine;
    private MeasuredCluster? _cluster;

    private AgentRun(string directory, TestKubelet kubelet, Process process, MeasuredMachine machine) =>
        (_directory, _kubelet, _process, _machine) = (directory, kubelet, process, machine);

    public Start Times { get; private set; } = new(0, 0);

    /// <param name="program">The published program.</param>
    /// <param name="machine">What it is to find.</param>
    /// <param name="inCluster">Whether it looks after a Node object as well.</param>
    public static async Task<AgentRun> StartAsync(string program, MeasuredMachine machine, bool inCluster)
    {
        var directory = Directory.CreateTempSubdirectory("casemate-").FullName;
        var kubeconfig = Path.Combine(directory, "kubeconfig");
        var cluster = inCluster ? await MeasuredCluster.StartAsync(kubeconfig) : null;
        string[] link = inCluster ? ["--kubeconfig", kubeconfig, "--node-name", MeasuredCluster.NodeName] : [];
        machine.Write(Path.Combine(directory, "machine"));
        var registered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var count = 0;
        var resources = machine.EpcDevices > 0 ? 3 : 2;
        var kubelet = await TestKubelet.StartAsync(new TestKubeletOptions
        {
            Directory = Path.Combine(directory, "device-plugins"),
            PodResourcesSocket = Path.Combine(directory, "pod-resources", "kubelet.sock"),
            Before = (step, _) =>
            {
                if (step is KubeletStep.OptionsReceived && Interlocked.Increment(ref count) == resources)
                {
                    registered.TrySetResult();
                }

                return Task.CompletedTask;
            },
        });
        var clock = Stopwatch.StartNew();
        var process = Process.Start(new ProcessStartInfo(
            program,
            [
                "node", "--simulate", Path.Combine(directory, "machine"), "--kubelet-dir", directory, "--http",
                Path.Combine(directory, "http.sock"), .. link,
            ])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var run = new AgentRun(directory, kubelet, process, machine) { _cluster = cluster };
        await registered.Task.WaitAsync(TimeSpan.FromMinutes(1));
        var atRegistered = clock.Elapsed.TotalMilliseconds;
        while (kubelet.Allocatable(machine.Resource) != machine.AllocatableDevices || kubelet.Allocatable("sgx.intel.com/provision") != 110)
        {
            await Task.Delay(1);
        }

        run.Times = new Start(atRegistered, clock.Elapsed.TotalMilliseconds);
        await (cluster?.UntilShownAsync(machine.Allocatable) ?? Task.CompletedTask);
        return run;
    }

    /// <summary>Allocates again and again, other devices each time.</summary>
    public async Task<(double P50, double P99)> AllocateAsync(int times, int devices)
    {
        await using var client = new RpcClient(
            new RpcClientOptions { SocketPath = Path.Combine(_directory, "device-plugins", _machine.Socket) });
        var durations = new List<double>(times);
        var next = 0;
        for (var i = -200; i < times; i++)
        {
            var container = new ContainerAllocateRequest();
            for (var d = 0; d < devices; d++)
            {
                container.DevicesIds.Add(Id(next++ % _machine.AllocatableDevices));
            }

            var begin = Stopwatch.GetTimestamp();
            await client.CallAsync(
                KubeletMethods.Allocate, new AllocateRequest { ContainerRequests = { container } }, AllocateResponse.Parser, null,
                CancellationToken.None);
            if (i >= 0)
            {
                durations.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            }
        }

        durations.Sort();
        return (durations[times / 2], durations[times * 99 / 100]);
    }

    /// <summary>Memory of the agent in megabytes.</summary>
    public (double Resident, double Anonymous) Memory() => ProcessMemory.Of(_process);

    public async ValueTask DisposeAsync()
    {
        // SIGTERM, as the kubelet ends it.
        using (var kill = Process.Start("kill", [_process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        await _kubelet.DisposeAsync();
        await (_cluster?.DisposeAsync() ?? ValueTask.CompletedTask);
        Directory.Delete(_directory, recursive: true);
    }

    private static string Id(int index) => index < 64 ? $"{Alphabet[index]}" : $"{Alphabet[index / 64]}{Alphabet[index % 64]}";

    /// <summary>Milliseconds from the start of the process.</summary>
    internal sealed record Start(double Registered, double Listed);
}
