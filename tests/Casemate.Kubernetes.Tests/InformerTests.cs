using System.Collections.Concurrent;
using Casemate.Testing.Kubernetes;

namespace Casemate.Kubernetes.Tests;

public sealed class InformerTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _told = new();
    private readonly CancellationTokenSource _stop = new();
    private TestApiServer _server = null!;
    private KubeClient _client = null!;
    private Informer _informer = null!;
    private Task _running = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        _server = await TestApiServer.StartAsync();
        _client = _server.CreateClient();
        _informer = new Informer(_client, KubeResource.Nodes);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
        _client.Dispose();
        await _server.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task HasNoProblemAnyMore_WhenTheServerAcceptsTheWatch_ThoughNothingIsTold()
    {
        await StartAsync();
        var isAway = 1;
        _server.Refuse(
            int.MaxValue, new ApiFault(503, "ServiceUnavailable", "starting"),
            request => request.IsWatch && Volatile.Read(ref isAway) == 1);
        _server.BreakWatches();
        await _server.UntilAsync(() => _informer.Problem is not null);

        Volatile.Write(ref isAway, 0);

        await _server.UntilAsync(() => _server.OpenWatches > 0 && _informer.Problem is null);
        Assert.Equal(["Synced"], _told);
    }

    [Fact]
    public async Task Keeps_OnlyWhatItIsToKeep_AndTellsTheWhole()
    {
        _informer = new Informer(_client, KubeResource.Nodes) { Keep = KubeObject.IdentityOf };
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));
        await StartAsync();

        _server.Change(KubeResource.Nodes, null, "n1", "kubelet", node => node["status"]!["capacity"]!["cpu"] = "9");
        _server.Delete(KubeResource.Nodes, null, "n1");
        _server.Put(KubeResource.Nodes, TestObjects.Node("n2"));

        await ToldAsync("Added n1", "Synced", "Updated n1", "Deleted n1", "Added n2");
        var kept = _informer.Find(null, "n2")!;
        var whole = _server.Find(KubeResource.Nodes, null, "n2")!;
        Assert.Equal((whole.Name, whole.Uid, whole.ResourceVersion), (kept.Name, kept.Uid, kept.ResourceVersion));
        Assert.Null(kept.At("status"));
    }

    [Fact]
    public async Task Tells_WhatIsThere_AndThenWhatChanges()
    {
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));
        await StartAsync();

        _server.Put(KubeResource.Nodes, TestObjects.Node("n2"));
        _server.Change(KubeResource.Nodes, null, "n1", "kubelet", node => node["status"]!["capacity"]!["cpu"] = "9");
        _server.Delete(KubeResource.Nodes, null, "n2");

        await ToldAsync("Added n1", "Synced", "Added n2", "Updated n1", "Deleted n2");
        Assert.Equal("9", _informer.Find(null, "n1")!.MapAt("status", "capacity")["cpu"]);
        Assert.Null(_informer.Find(null, "n2"));
    }

    [Fact]
    public async Task GoesOn_AfterTheWatchEnds_AndMissesNothing()
    {
        await StartAsync();

        _server.EndWatches();
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));

        await ToldAsync("Synced", "Added n1");
        Assert.Single(_server.Requests, request => !request.IsWatch);
    }

    [Fact]
    public async Task GoesOn_AfterTheStreamBreaks_InsideAnEvent()
    {
        await StartAsync();

        _server.BreakWatches();
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));

        await ToldAsync("Synced", "Added n1");
    }

    [Fact]
    public async Task Reads_AStreamThatComesByteByByte()
    {
        _server.Trickle = true;
        await StartAsync();

        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));
        _server.Put(KubeResource.Nodes, TestObjects.Node("n2"));

        await ToldAsync("Synced", "Added n1", "Added n2");
    }

    [Fact]
    public async Task TellsWhatWentMeanwhile_WhenTheVersionIsTooOld()
    {
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));
        _server.Put(KubeResource.Nodes, TestObjects.Node("n2"));
        await StartAsync();
        _server.Refuse(1, new ApiFault(410, "Expired", "too old"), request => request.IsWatch);

        // Nobody watches until the list: the changes are made while the watch is being refused.
        _server.Refuse(2, new ApiFault(503, "ServiceUnavailable", "no"), request => !request.IsWatch);
        _server.EndWatches();
        _server.Delete(KubeResource.Nodes, null, "n1");
        _server.Compact();

        await _server.UntilAsync(() => _told.Contains("Deleted n1"));
        Assert.Equal(["n2"], _informer.Objects.Select(node => node.Name));
    }

    [Fact]
    public async Task TellsOfBoth_WhenAnObjectWasMadeAgain_WhileNobodyWatched()
    {
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));
        await StartAsync();
        _server.Refuse(1, new ApiFault(410, "Expired", "too old"), request => request.IsWatch);
        _server.EndWatches();
        _server.Delete(KubeResource.Nodes, null, "n1");
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));
        _server.Compact();

        await _server.UntilAsync(() => _told.Count >= 4);
        Assert.Equal(["Added n1", "Synced", "Deleted n1", "Added n1"], _told);
    }

    [Fact]
    public async Task Keeps_ItsPlace_ByBookmarks()
    {
        await StartAsync();
        _server.Put(KubeResource.Leases, TestObjects.Lease("l", "me"));
        var version = _server.Version;
        _server.SendBookmarks();

        await _server.UntilAsync(() => _informer.Version == $"{version}");
        _server.EndWatches();

        await _server.UntilAsync(
            () => _server.Requests.Any(request => request.IsWatch && request.Query["resourceVersion"] == $"{version}"));
        Assert.Single(_server.Requests, request => !request.IsWatch);
    }

    [Fact]
    public async Task WaitsOut_AServerThatIsNotThere()
    {
        _server.Refuse(12, new ApiFault(0, "", ""));
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));

        await StartAsync();

        await ToldAsync("Added n1", "Synced");
        Assert.Null(_informer.Problem);
    }

    [Fact]
    public async Task ListsAgain_WhenWatchesKeepFailing()
    {
        await StartAsync();
        _server.Refuse(4, new ApiFault(504, "Timeout", "Too large resource version"), request => request.IsWatch);
        _server.EndWatches();

        await _server.UntilAsync(() => _server.Requests.Count(request => !request.IsWatch) >= 2);
    }

    [Fact]
    public async Task Counts_WhatItHolds_AndForgetsWhatIsGone()
    {
        _server.Put(KubeResource.Nodes, TestObjects.Node("n1"));
        await StartAsync();
        var one = _informer.HeldBytes;
        Assert.InRange(one, 100, 10_000);

        _server.Put(KubeResource.Nodes, TestObjects.Node("n2"));
        _server.Change(KubeResource.Nodes, null, "n1", "kubelet", node => node["status"]!["capacity"]!["cpu"] = "16");
        _server.Delete(KubeResource.Nodes, null, "n1");
        _server.Delete(KubeResource.Nodes, null, "n2");

        await ToldAsync("Added n1", "Synced", "Added n2", "Updated n1", "Deleted n1", "Deleted n2");
        Assert.Equal(0, _informer.HeldBytes);
    }

    private async Task StartAsync()
    {
        _running = Task.Run(async () =>
        {
            await foreach (var change in _informer.RunAsync(_stop.Token))
            {
                _told.Enqueue($"{change.Type} {change.Object?.Name}".Trim());
            }
        });
        await _server.UntilAsync(() => _server.OpenWatches > 0);
    }

    private async Task ToldAsync(params string[] expected)
    {
        await _server.UntilAsync(() => _told.Count >= expected.Length);
        Assert.Equal(expected, _told);
    }
}
