using Casemate.Node.Health;
using Casemate.Testing;
using Casemate.Testing.Kubelet;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>Faults that nobody thought of, at any place of the agent: it says so, goes on, and ends when it is told to.</summary>
public sealed class AgentFaultTests
{
    // Where the agent logs, so that the test can fail there: a kubelet is there, a resource is registered.
    private const int KubeletThere = 3649;
    private const int Registered = 3620;

    [Theory]
    [InlineData(KubeletThere, "The keeper of the account with the kubelet")]
    [InlineData(Registered, "The plugin of kubernetes.azure.com/sgx_epc_mem_in_MiB")]
    public async Task BeginsAgain_WhereAPartFailed(int place, string part)
    {
        var faults = 0;
        await using var node = NodeFixture.Describe("dc2s_v2");
        node.FailsAt = id => id == place && Interlocked.Increment(ref faults) == 1;
        node.Options = node.Options with { Advertisement = node.Options.Advertisement with { EnclaveCount = 0, ProvisionCount = 0 } };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();

        await TaskPatience.UntilAsync(() => node.Lines(3608).Count == 1);
        Assert.Contains($"{part} failed and begins again", node.Agent.WhyNotReady, StringComparison.Ordinal);
        Assert.False(node.Agent.IsReady);

        await node.Kubelet.UntilAsync(() => node.Kubelet.Allocatable(NodeFixture.Epc) == 56);
        await node.UntilReadyAsync();
        Assert.Contains(node.Lines(3609), line => line.Contains(part, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(KubeletThere)]
    [InlineData(Registered)]
    public async Task Ends_WhileAPartFailsAgainAndAgain(int place)
    {
        await using var node = NodeFixture.Describe("dc2s_v2");
        node.FailsAt = id => id == place;
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await TaskPatience.UntilAsync(() => node.Lines(3608).Count > 0);

        await node.StopAgentAsync().SoonAsync();

        Assert.DoesNotContain(Directory.EnumerateFiles(node.PluginDirectory), path => Path.GetFileName(path).StartsWith("casemate-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LooksAtTheHardwareAgain_AfterALookThatFailed()
    {
        var log = new BrokenKernelLog();
        await using var node = NodeFixture.Describe("dc2s_v2");
        node.Options = node.Options with { KernelLog = log, RescanInterval = TimeSpan.FromSeconds(1) };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await TaskPatience.UntilAsync(() => node.Lines(3608).Count == 1);
        Assert.Contains("The hardware's watcher failed and begins again (The log broke)", node.Agent.WhyNotReady, StringComparison.Ordinal);

        log.Mend();

        await TaskPatience.UntilAsync(() => node.Agent.IsReady);
    }

    // At each step of a registration its sockets go, and what was begun is never answered.
    [Theory]
    [InlineData(KubeletStep.RegisterReceived)]
    [InlineData(KubeletStep.OptionsReceived)]
    [InlineData(KubeletStep.Listing)]
    [InlineData(KubeletStep.Listed)]
    public async Task Ends_WhereTheKubeletVanishesDuringItsStart(KubeletStep at)
    {
        await using var node = NodeFixture.Describe("dc2s_v2");
        var vanished = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        node.KubeletOptions = node.KubeletOptions with
        {
            Before = (step, _) =>
            {
                if (step != at)
                {
                    return Task.CompletedTask;
                }

                vanished.TrySetResult();
                return over.Task;                                          // it never goes on
            },
        };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await vanished.Task.SoonAsync();
        try
        {
            File.Delete(node.Kubelet.Socket);
            File.Delete(node.KubeletOptions.PodResourcesSocket!);

            await node.StopAgentAsync().SoonAsync();
        }
        finally
        {
            over.SetResult();
        }

        Assert.Empty(node.Lines(3608));
    }

    private sealed class BrokenKernelLog : IKernelLogSource
    {
        private volatile bool _isMended;

        public void Mend() => _isMended = true;

        public bool TryRead(Span<byte> buffer, out int length)
        {
            length = 0;
            return _isMended ? false : throw new InvalidOperationException("The log broke.");
        }

        public void Dispose()
        {
        }
    }
}
