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

    [Fact]
    public async Task SaysOnce_ThatTheServerIsAway_HoweverOftenItIsAsked()
    {
        var (isAway, asked) = (1, 0);
        var log = new RecordingLogger();
        using var client = Server.CreateClient(options => options with { FieldManager = "casemate-node", MaxAttempts = 1 });
        Server.Refuse(
            int.MaxValue, new ApiFault(503, "ServiceUnavailable", "starting"),
            request => request.Method == "GET" && request.Path.EndsWith("nodes/n2", StringComparison.Ordinal)
                && Volatile.Read(ref isAway) == 1 && Interlocked.Increment(ref asked) > 0);
        var reconciler = new NodeObjectReconciler(client, new NodeObjectSettings { NodeName = "n2" }, null, log);
        reconciler.Update(new NodeObjectWish(Large, NodeObjectWish.ExpectedOf(Large), []));
        var running = Task.Run(() => reconciler.RunAsync(_stop.Token));

        await Server.UntilAsync(() => Volatile.Read(ref asked) >= 3);
        Volatile.Write(ref isAway, 0);
        await Server.UntilAsync(() => reconciler.Status.Problem?.StartsWith("There is no Node n2", StringComparison.Ordinal) == true);

        Assert.Single(log.Lines, line => line.StartsWith("Warning 3660 ", StringComparison.Ordinal));
        await StopAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _task);
        _client.Dispose();
        _stop.Dispose();
    }
}
