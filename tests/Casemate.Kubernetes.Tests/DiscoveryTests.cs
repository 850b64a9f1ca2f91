using System.Text.Json.Nodes;
using Casemate.Testing.Kubernetes;

namespace Casemate.Kubernetes.Tests;

/// <summary>What a server serves, in both forms of its documents.</summary>
public sealed class DiscoveryTests : IAsyncLifetime
{
    private TestApiServer _server = null!;
    private KubeClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestApiServer.StartAsync();
        _client = _server.CreateClient(options => options with { MaxAttempts = 2 });
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Finds_EveryKind_AndSaysWhatIsMissing(bool isAggregated)
    {
        _server.AggregatedDiscovery = isAggregated;
        _server.Withdraw(KubeResource.DeviceClasses);

        var discovery = await _client.DiscoverAsync();

        Assert.Equal([KubeResource.DeviceClasses], discovery.Missing(KubeResource.Known));
        Assert.True(discovery.ServesVersion("resource.k8s.io/v1"));
        Assert.False(discovery.ServesVersion("resource.k8s.io/v1beta1"));
        Assert.True(discovery.Find("apps/v1", "DaemonSet")!.Allows("watch"));
        Assert.False(discovery.Find("authentication.k8s.io/v1", "TokenReview")!.Allows("list"));
        Assert.Null(discovery.Find("v1", "DaemonSet"));
        Assert.Empty(discovery.Unavailable);
        Assert.Equal(isAggregated, _server.Requests.Count == 2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task GoesOn_WhenOneGroupsOwnServerIsAway(bool isAggregated)
    {
        _server.AggregatedDiscovery = isAggregated;
        _server.UnavailableVersion = "metrics.k8s.io/v1beta1";

        var discovery = await _client.DiscoverAsync();

        Assert.Equal(["metrics.k8s.io/v1beta1"], discovery.Unavailable);
        Assert.True(discovery.Serves(KubeResource.DaemonSets));
    }

    [Fact]
    public async Task Finds_KindsThatAreDefinedInTheCluster()
    {
        _server.Put(KubeResource.CustomResourceDefinitions, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "machines.example.dev" },
            ["spec"] = new JsonObject
            {
                ["group"] = "example.dev",
                ["scope"] = "Cluster",
                ["names"] = new JsonObject { ["plural"] = "machines", ["kind"] = "Machine" },
                ["versions"] = new JsonArray(new JsonObject { ["name"] = "v1" }),
            },
        });

        var found = (await _client.DiscoverAsync()).Find("example.dev/v1", "Machine")!;

        Assert.Equal(new KubeResource("example.dev", "v1", "machines", "Machine", false), found.Resource);
    }

    [Fact]
    public async Task Reads_TheVersion()
    {
        _server.KubernetesVersion = (1, 34);

        var version = await _client.GetVersionAsync();

        Assert.Equal((1, 34, "v1.34.0-test", "linux/amd64"), (version.Major, version.Minor, version.GitVersion, version.Platform));
        Assert.True(version.IsAtLeast(1, 34));
        Assert.False(version.IsAtLeast(1, 35));
        Assert.False(version.IsAtLeast(2, 0));
    }

    [Fact]
    public async Task Fails_WhenTheServerRefuses()
    {
        _server.AcceptedToken = "another";

        Assert.True((await Assert.ThrowsAsync<KubeException>(() => _client.DiscoverAsync())).IsForbidden);
    }
}
