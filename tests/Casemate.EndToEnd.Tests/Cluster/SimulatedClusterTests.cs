namespace Casemate.EndToEnd.Tests.Cluster;

/// <summary>The scenarios in a cluster of this process, so that those for a real one are code that runs.</summary>
public sealed class SimulatedClusterTests : ClusterScenarios
{
    private protected override async Task<ClusterUnderTest> OpenAsync()
    {
        var (cluster, client) = await SimulatedCluster.StartAsync();
        return await ClusterUnderTest.OpenAsync(client, cluster.Settings, cluster);
    }
}
