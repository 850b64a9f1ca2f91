using System.Globalization;
using Casemate.Testing;
using Casemate.Testing.Kubelet;

namespace Casemate.EndToEnd.Tests;

/// <summary><c>casemate node</c> as a process when things go wrong: killed at any moment, and a kubelet that drops its list.</summary>
public sealed class NodeFaultTests : IDisposable
{
    private const string Epc = "kubernetes.azure.com/sgx_epc_mem_in_MiB";
    private const string Enclave = "sgx.intel.com/enclave";
    private const int Devices = 56;                                        // dc2s_v2

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private TestKubeletOptions Options => new()
    {
        Directory = _directory.File("device-plugins"),
        PodResourcesSocket = _directory.File("pod-resources/kubelet.sock"),
    };

    private RunningProgram Start() => RunningProgram.StartCasemate(
        null, "node", "--simulate", "dc2s_v2", "--node-name", "n1", "--kubelet-dir", _directory.Path, "--aesm-allocations",
        _directory.File("aesm"), "--http", _directory.File("http.sock"));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task KilledAtAnyMoment_NoDeviceIsLostAndNoneIsCountedTwice(int seed)
    {
        var random = new Random(seed);
        var (steps, kill) = (0, new TaskCompletionSource());
        await using var kubelet = await TestKubelet.StartAsync(Options with
        {
            Seed = seed,
            Before = (_, _) =>
            {
                if (Interlocked.Decrement(ref steps) == 0)
                {
                    kill.TrySetResult();
                }

                return Task.CompletedTask;
            },
        });
        var held = new HashSet<string>();
        for (var round = 0; round < 3; round++)
        {
            // Four steps of each of three registrations, then two of each of four allocations; and a moment more.
            (steps, kill) = (random.Next(1, 21), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            await using (var agent = Start())
            {
                var calls = AllocateAsync(kubelet, held, random, $"r{round}", kill.Task);
                await Task.WhenAny(calls, kill.Task).SoonAsync("a step of the kubelet");
                await Task.Delay(random.Next(4));
                _ = agent.TrySend(RunningProgram.Signal.Kill);
                await agent.EndAsync();
                await calls.SoonAsync();
            }

            await using var next = Start();
            await kubelet.UntilAsync(() => kubelet.Allocatable(Epc) == Devices && kubelet.Allocatable(Enclave) == 110);
            await next.ErrorLineAsync("Health and metrics on");
            var mib = held.Sum(pod => kubelet.Devices(Container(pod), Epc).Count);
            await UntilCountedAsync((long)mib << 20);
            Assert.Equal(
                mib, held.SelectMany(pod => kubelet.Devices(Container(pod), Epc)).Distinct(StringComparer.Ordinal).Count());
            next.Send(RunningProgram.Signal.Kill);
            await next.EndAsync();
        }
    }

    [Theory]
    [InlineData(KubeletStep.RegisterReceived)]
    [InlineData(KubeletStep.OptionsReceived)]
    [InlineData(KubeletStep.Listing)]
    public async Task Terminated_WhereTheKubeletVanishedDuringTheStart_ItEndsInGoodOrder(KubeletStep at)
    {
        var vanished = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var kubelet = await TestKubelet.StartAsync(Options with
        {
            Before = (step, _) =>
            {
                if (step != at)
                {
                    return Task.CompletedTask;
                }

                vanished.TrySetResult();
                return over.Task;                                          // what was begun is never answered
            },
        });
        await using var agent = Start();
        try
        {
            await vanished.Task.SoonAsync();
            File.Delete(kubelet.Socket);
            File.Delete(Options.PodResourcesSocket!);

            agent.Send(RunningProgram.Signal.Terminate);
            Assert.Equal(0, (await agent.EndAsync()).ExitCode);
        }
        finally
        {
            over.SetResult();
        }

        Assert.Empty(Directory.EnumerateFiles(Options.Directory, "casemate-*"));
    }

    [Fact]
    public async Task AListThatTheKubeletDrops_IsNeverCalledAdvertised()
    {
        await using var kubelet = await TestKubelet.StartAsync(Options with { MaxMessageBytes = 400 });
        await using var agent = Start();

        await agent.ErrorLineAsync($"EPCNotAdvertised: the kubelet offers 0 of {Epc}, {Devices} are expected");

        Assert.Equal(0, kubelet.Allocatable(Epc));
        var metrics = await GetAsync("/metrics");
        Assert.Contains($"casemate_device_plugin_expected{{resource=\"{Epc}\"}} {Devices}\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"casemate_device_plugin_advertised{{resource=\"{Epc}\"}} 0\n", metrics, StringComparison.Ordinal);
        Assert.StartsWith("503", await GetAsync("/readyz"), StringComparison.Ordinal);
    }

    // Pods come one after the other until there is no agent any more; those that were admitted hold what they got.
    private static async Task AllocateAsync(TestKubelet kubelet, HashSet<string> held, Random random, string round, Task killed)
    {
        try
        {
            await kubelet.UntilAsync(() => kubelet.Allocatable(Epc) == Devices || killed.IsCompleted);
            for (var i = 0; i < 4; i++)
            {
                var pod = $"{round}-{i}";
                await kubelet.AdmitAsync(Container(pod), (Epc, random.Next(1, 5)));
                held.Add(pod);
            }
        }
        catch (AdmissionException)
        {
            // It was killed before.
        }
    }

    private static ContainerName Container(string pod) => new("default", pod, "main");

    // Devices of a machine with one bank say no NUMA node; so whatever the lines say of it, together they are the account.
    private async Task UntilCountedAsync(long bytes)
    {
        const string name = "casemate_node_epc_requested_bytes{";
        var seen = -1L;
        using var patience = new CancellationTokenSource(TaskPatience.Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        do
        {
            seen = (await GetAsync("/metrics")).Split('\n').Where(line => line.StartsWith(name, StringComparison.Ordinal))
                .Sum(line => long.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture));
            if (seen == bytes)
            {
                return;
            }
        }
        while (!patience.IsCancellationRequested && await timer.WaitForNextTickAsync(CancellationToken.None));
        Assert.Fail($"The agent counts {seen} bytes, not {bytes}.");
    }

    private Task<string> GetAsync(string path) => UnixHttp.GetAsync(_directory.File("http.sock"), path);
}
