using Casemate.Kubernetes;
using Casemate.Node.NodeObject;
using Casemate.Testing.Kubernetes;

namespace Casemate.Node.Tests.NodeObject;

/// <summary>The reconciler as it runs on a node: woken by what changes.</summary>
public sealed class RunningTests : NodeObjectFixture
{
    private readonly CancellationTokenSource _stop = new();
    private KubeClient _client = null!;
    private NodeObjectReconciler _running = null!;
    private Task _task = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _client = Server.CreateClient(options => options with { FieldManager = "casemate-node" });
        _running = new NodeObjectReconciler(_client, new NodeObjectSettings { NodeName = "n1" });
        _running.Update(new NodeObjectWish(Large, NodeObjectWish.ExpectedOf(Large), []));
        _task = Task.Run(() => _running.RunAsync(_stop.Token));
        await Server.UntilAsync(() => Capacity(Intel) == $"{Amount}" && Server.OpenWatches > 0);
    }

    [Fact]
    public async Task Restores_WhatIsLost_WheneverItIsLost()
    {
        for (var i = 0; i < 5; i++)
        {
            SetCapacity("kubelet", Intel, "0");
            await Server.UntilAsync(() => Capacity(Intel) == $"{Amount}");
        }

        await StopAsync();
    }

    [Fact]
    public async Task Survives_ANodeMadeAgain_AndBrokenStreams()
    {
        Server.BreakWatches();
        Server.Delete(KubeResource.Nodes, null, "n1");
        MakeNode();
        await Server.UntilAsync(() => Capacity(Intel) == $"{Amount}" && Node.Labels.ContainsKey("tee"));

        Server.Compact();
        Server.EndWatches();
        SetCapacity("kubelet", Intel, "0");
        await Server.UntilAsync(() => Capacity(Intel) == $"{Amount}");

        await StopAsync();
    }

    [Fact]
    public async Task TriesAgain_WhenTheServerRefuses()
    {
        Server.Refuse(2, new ApiFault(409, "Conflict", "modified"), request => request.Method == "PATCH");
        SetCapacity("kubelet", Intel, "0");

        await Server.UntilAsync(() => Capacity(Intel) == $"{Amount}");

        await StopAsync();
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _task);
        _client.Dispose();
        _stop.Dispose();
    }
}
