using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Testing.Kubernetes;

namespace Casemate.Addon.Tests;

/// <summary>What else in a cluster offers SGX is found by the names that its own manifests give.</summary>
public sealed class ExistingPluginsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("intel-sgx-plugin", "anywhere", PluginOrigin.Intel, "sgx.intel.com/enclave", "kubectl delete daemonset -n anywhere intel-sgx-plugin")]
    [InlineData("sgx-plugin", "kube-system", PluginOrigin.AksConfcom, "sgx.intel.com/epc", "az aks disable-addons --addons confcom")]
    [InlineData("sgx-device-plugin", "kube-system", PluginOrigin.AksEngine, "kubernetes.azure.com/sgx_epc_mem_in_MiB", "kubectl delete daemonset")]
    [InlineData("oe-sgx-device-plugin", "kube-system", PluginOrigin.OpenEnclave, "openenclave.io/sgx_epc_MiB", "kubectl delete daemonset")]
    public async Task Finds(string name, string space, PluginOrigin origin, string publishes, string removal)
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        cluster.Server.Put(KubeResource.Namespaces, ClusterWithNodes.Named("Namespace", "anywhere", null));
        cluster.Server.Put(KubeResource.DaemonSets, ClusterWithNodes.Named("DaemonSet", name, space));

        var found = Assert.Single(await ExistingPlugins.FindAsync(cluster.Client, [], hasOwnAgent: false, Stop));

        Assert.Equal(origin, found.Origin);
        Assert.Contains(publishes, found.Publishes);
        Assert.StartsWith(removal, found.Removal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NamesTheOperatorsObject_InPlaceOfTheDaemonSetThatItMakesAgain()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        cluster.Server.Put(KubeResource.DaemonSets, ClusterWithNodes.Named("DaemonSet", "intel-sgx-plugin", "kube-system"));
        cluster.Server.Put(KubeResource.CustomResourceDefinitions, new JsonObject
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "CustomResourceDefinition",
            ["metadata"] = new JsonObject { ["name"] = "sgxdeviceplugins.deviceplugin.intel.com" },
            ["spec"] = new JsonObject
            {
                ["group"] = "deviceplugin.intel.com",
                ["scope"] = "Cluster",
                ["names"] = new JsonObject { ["plural"] = "sgxdeviceplugins", ["kind"] = "SgxDevicePlugin" },
                ["versions"] = new JsonArray(new JsonObject { ["name"] = "v1", ["served"] = true }),
            },
        });
        cluster.Server.Put(
            new KubeResource("deviceplugin.intel.com", "v1", "sgxdeviceplugins", "SgxDevicePlugin", false),
            ClusterWithNodes.Named("SgxDevicePlugin", "sample", null));

        var found = Assert.Single(await ExistingPlugins.FindAsync(cluster.Client, [], hasOwnAgent: false, Stop));

        Assert.Equal(PluginOrigin.IntelOperator, found.Origin);
        Assert.Equal("kubectl delete sgxdeviceplugins.deviceplugin.intel.com sample", found.Removal);
    }

    [Fact]
    public async Task TakesWhatNodesOffer_ForSomebodyElses_UnlessTheOwnAgentRuns()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        new TestNode(cluster.Server, "n1").WriteStatus(("sgx.intel.com/enclave", 110), ("sgx.intel.com/provision", 0));
        var nodes = cluster.Server.All(KubeResource.Nodes);

        var found = Assert.Single(await ExistingPlugins.FindAsync(cluster.Client, nodes, hasOwnAgent: false, Stop));

        Assert.Equal(PluginOrigin.Unknown, found.Origin);
        Assert.Equal(["sgx.intel.com/enclave"], found.Publishes);
        Assert.Empty(await ExistingPlugins.FindAsync(cluster.Client, nodes, hasOwnAgent: true, Stop));
    }
}
