using Casemate.Kubernetes;

namespace Casemate.EndToEnd.Tests.Cluster;

/// <summary>The scenarios of the add-on in the cluster that the environment names. There must be no other add-on of ours in it.</summary>
[Collection("one cluster")]
public sealed class RealAddonTests : AddonScenarios
{
    private protected override async Task<ClusterUnderTest> OpenAsync()
    {
        var why = ClusterSettings.Read(Environment.GetEnvironmentVariable, out var kubeconfig, out var settings);
        Assert.SkipWhen(why is not null, why ?? "");
        return await ClusterUnderTest.OpenAsync(new KubeClient(KubeConfiguration.Load(kubeconfig)), settings!);
    }
}
