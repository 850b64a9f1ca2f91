using Casemate.Testing;

namespace Casemate.EndToEnd.Tests.Cluster;

/// <summary>The scenarios of the add-on in a cluster of this process, so that those for a real one are code that runs.</summary>
public sealed class SimulatedAddonTests : AddonScenarios
{
    private protected override async Task<ClusterUnderTest> OpenAsync()
    {
        var (cluster, client) = await SimulatedCluster.StartAsync();
        return await ClusterUnderTest.OpenAsync(client, cluster.Settings, cluster);
    }

    // Here alone: in a cluster of several nodes the sample would find room on another one.
    [Fact]
    public async Task HelloThatWaitsForItsClaim_IsInterrupted_AndLeavesNothing()
    {
        await using var cluster = await OpenAsync();
        await cluster.InstallAddonWithClaimsAsync("dc2s_v3");
        await cluster.CreatePodWithClaimAsync("most", await cluster.UntilPublishedAsync() - (5 << 20));
        await cluster.UntilReadyAsync("most");

        await using var hello = cluster.StartCasemate("deploy", "hello", "-n", cluster.Namespace, "--allow-simulated");
        await hello.ErrorLineAsync("no node has a place for it");
        hello.Send(RunningProgram.Signal.Interrupt);

        Assert.Equal(130, (await hello.EndAsync()).ExitCode);
        await cluster.UntilNothingOfHelloAsync();
    }
}
