using Casemate.Kubernetes;

namespace Casemate.EndToEnd.Tests.Cluster;

/// <summary>The scenarios in the cluster that the environment names.</summary>
[Collection("one cluster")]
public sealed class RealClusterTests : ClusterScenarios
{
    private protected override async Task<ClusterUnderTest> OpenAsync()
    {
        var why = ClusterSettings.Read(Environment.GetEnvironmentVariable, out var kubeconfig, out var settings);
        Assert.SkipWhen(why is not null, why ?? "");
        return await ClusterUnderTest.OpenAsync(new KubeClient(KubeConfiguration.Load(kubeconfig)), settings!);
    }

    [Fact]
    public async Task ALargePod_WithANumberOfTheNodesStatus_BecomesReady()
    {
        await using var cluster = await OpenAsync();
        await cluster.InstallAsync("xeon-2x256gib", "--epc-resource", "intel");
        var offered = await cluster.UntilOfferedAsync(ResourceFamily.Intel.Name);
        await cluster.UntilOfferedAsync(AccessResource.Enclave);

        await cluster.CreatePodAsync("large", (ResourceFamily.Intel.Name, Math.Min(200L << 30, offered)), (AccessResource.Enclave, 1));

        await cluster.UntilReadyAsync("large");
    }
}
