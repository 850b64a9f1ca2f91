using System.Text.Json.Nodes;
using Casemate.Testing;
using Casemate.Testing.Kubernetes;

namespace Casemate.Kubernetes.Tests;

/// <summary>Whether a workload has arrived.</summary>
public sealed class RolloutTests : IAsyncLifetime
{
    private TestApiServer _server = null!;
    private KubeClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestApiServer.StartAsync();
        _client = _server.CreateClient();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("DaemonSet", 2, """{"observedGeneration":1,"desiredNumberScheduled":2,"updatedNumberScheduled":2,"numberAvailable":2}""", "Progressing", "not seen the change")]
    [InlineData("DaemonSet", 1, """{"observedGeneration":1,"desiredNumberScheduled":3,"updatedNumberScheduled":2,"numberAvailable":3}""", "Progressing", "2 of 3 nodes")]
    [InlineData("DaemonSet", 1, """{"observedGeneration":1,"desiredNumberScheduled":3,"updatedNumberScheduled":3,"numberAvailable":1}""", "Progressing", "1 of 3 pods")]
    [InlineData("DaemonSet", 1, """{"observedGeneration":1,"desiredNumberScheduled":3,"updatedNumberScheduled":3,"numberAvailable":3}""", "Complete", "all 3")]
    [InlineData("DaemonSet", 1, """{"observedGeneration":1}""", "Complete", "no node fits")]
    [InlineData("Deployment", 1, """{}""", "Progressing", "not seen the change")]
    [InlineData("Deployment", 1, """{"observedGeneration":1,"replicas":2,"updatedReplicas":1}""", "Progressing", "1 of 2 pods are of the newest")]
    [InlineData("Deployment", 1, """{"observedGeneration":1,"replicas":3,"updatedReplicas":2,"availableReplicas":2}""", "Progressing", "1 old pods")]
    [InlineData("Deployment", 1, """{"observedGeneration":1,"replicas":2,"updatedReplicas":2,"availableReplicas":1}""", "Progressing", "1 of 2 pods are available")]
    [InlineData("Deployment", 1, """{"observedGeneration":1,"replicas":2,"updatedReplicas":2,"availableReplicas":2}""", "Complete", "all 2")]
    [InlineData("Deployment", 1, """{"observedGeneration":1,"conditions":[{"type":"Progressing","reason":"ProgressDeadlineExceeded","message":"too slow"}]}""", "Failed", "too slow")]
    [InlineData("Job", 1, """{"active":1}""", "Progressing", "0 of 1")]
    [InlineData("Job", 1, """{"succeeded":1,"conditions":[{"type":"Complete","status":"True"}]}""", "Complete", "1 pods")]
    [InlineData("Job", 1, """{"failed":6,"conditions":[{"type":"Failed","status":"True","reason":"BackoffLimitExceeded"}]}""", "Failed", "BackoffLimitExceeded")]
    [InlineData("Pod", 1, """{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","message":"0/1 nodes"}]}""", "Progressing", "0/1 nodes")]
    [InlineData("Pod", 1, """{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}""", "Complete", "ready")]
    [InlineData("Pod", 1, """{"phase":"Succeeded"}""", "Complete", "succeeded")]
    [InlineData("Pod", 1, """{"phase":"Failed","reason":"Evicted"}""", "Failed", "Evicted")]
    [InlineData("CustomResourceDefinition", 1, """{"conditions":[{"type":"Established","status":"False","message":"names"}]}""", "Progressing", "names")]
    [InlineData("CustomResourceDefinition", 1, """{"conditions":[{"type":"Established","status":"True"}]}""", "Complete", "served")]
    [InlineData("APIService", 1, """{}""", "Progressing", "does not answer")]
    [InlineData("ConfigMap", 1, """{}""", "Complete", "there")]
    public void Judges_ByTheStatus(string kind, int generation, string status, string state, string message)
    {
        var found = RolloutStatus.Of(KubeObject.From(new JsonObject
        {
            ["kind"] = kind,
            ["metadata"] = new JsonObject { ["name"] = "a", ["generation"] = generation },
            ["spec"] = new JsonObject { ["replicas"] = 2 },
            ["status"] = JsonNode.Parse(status),
        }));

        Assert.Equal(state, found.State.ToString());
        Assert.Contains(message, found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waits_ForWhatIsNotThereYet_AndTellsTheWay()
    {
        var told = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var waiting = _client.WaitForRolloutAsync(
            KubeResource.DaemonSets, "default", "d", TimeSpan.FromMinutes(5), status => told.Enqueue($"{status.Ready}/{status.Wanted}"));
        await _server.UntilAsync(() => _server.OpenWatches > 0);

        _server.Put(KubeResource.DaemonSets, DaemonSet());
        await _server.UntilAsync(() => told.Contains("0/0"));
        SetStatus(available: 1);
        await _server.UntilAsync(() => told.Contains("1/2"));
        SetStatus(available: 2);

        var status = await waiting.SoonAsync();
        Assert.Equal(RolloutState.Complete, status.State);
        Assert.Equal(["0/1", "0/0", "1/2", "2/2"], told);
    }

    [Fact]
    public async Task Says_WhatIsMissing_WhenTheTimeIsUp()
    {
        var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch);
        using var client = _server.CreateClient(options => options with { Time = clock });
        _server.Put(KubeResource.DaemonSets, DaemonSet());
        SetStatus(available: 1);
        var waiting = client.WaitForRolloutAsync(KubeResource.DaemonSets, "default", "d", TimeSpan.FromSeconds(20));
        await _server.UntilAsync(() => _server.OpenWatches > 0);

        clock.Advance(TimeSpan.FromSeconds(20));

        var status = await waiting.SoonAsync();
        Assert.Equal((RolloutState.Progressing, 1, 2), (status.State, status.Ready, status.Wanted));
        Assert.Contains("1 of 2", status.Message, StringComparison.Ordinal);
    }

    private void SetStatus(int available) => _server.Change(KubeResource.DaemonSets, "default", "d", "controller", set =>
        set["status"] = new JsonObject
        {
            ["observedGeneration"] = 1,
            ["desiredNumberScheduled"] = 2,
            ["updatedNumberScheduled"] = 2,
            ["numberAvailable"] = available,
        });

    private static JsonObject DaemonSet() => new()
    {
        ["apiVersion"] = "apps/v1",
        ["kind"] = "DaemonSet",
        ["metadata"] = new JsonObject { ["name"] = "d", ["namespace"] = "default" },
        ["spec"] = new JsonObject(),
    };
}
