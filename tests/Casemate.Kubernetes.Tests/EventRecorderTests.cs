using Casemate.Testing;
using Casemate.Testing.Kubernetes;

namespace Casemate.Kubernetes.Tests;

public sealed class EventRecorderTests : IAsyncLifetime
{
    private static readonly KubeReference Node = new("v1", "Node", null, "n1", "uid-1");

    private readonly ManualTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private TestApiServer _server = null!;
    private KubeClient _client = null!;
    private EventRecorder _events = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestApiServer.StartAsync();
        _client = _server.CreateClient(options => options with { Time = _clock });
        _events = new EventRecorder(_client, "casemate.dev/node", "n1");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Records_WhatHappened()
    {
        Assert.True(await _events.RecordAsync(new KubeEvent(Node, "NodeStuck", "Attest", "It waits.") { IsWarning = true }));

        var made = Assert.Single(_server.All(KubeResource.Events));
        Assert.Equal("default", made.Namespace);
        Assert.StartsWith("n1.", made.Name, StringComparison.Ordinal);
        Assert.Equal("2026-03-01T12:00:00.000000Z", made.At("eventTime")!.Value.GetString());
        Assert.Equal("NodeStuck", made.At("reason")!.Value.GetString());
        Assert.Equal("Warning", made.At("type")!.Value.GetString());
        Assert.Equal("uid-1", made.At("regarding", "uid")!.Value.GetString());
        Assert.Equal("casemate.dev/node", made.At("reportingController")!.Value.GetString());
    }

    [Fact]
    public async Task Counts_Repetitions_AndWritesThemOnceAMinute()
    {
        for (var i = 0; i < 100; i++)
        {
            await _events.RecordAsync(new KubeEvent(Node, "NodeStuck", "Attest", $"It waits, {i}."));
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        var made = Assert.Single(_server.All(KubeResource.Events));
        Assert.Equal(62, made.At("series", "count")!.Value.GetInt32());
        Assert.Equal(3, _server.Requests.Count);
    }

    [Fact]
    public async Task BeginsAnew_AfterAQuietTime_AndForAnotherReason()
    {
        await _events.RecordAsync(new KubeEvent(Node, "NodeStuck", "Attest", "It waits."));
        await _events.RecordAsync(new KubeEvent(Node, "NodeAttested", "Attest", "Done."));
        _clock.Advance(TimeSpan.FromMinutes(6));
        await _events.RecordAsync(new KubeEvent(Node, "NodeStuck", "Attest", "It waits."));

        Assert.Equal(3, _server.All(KubeResource.Events).Count);
    }

    [Fact]
    public async Task MakesTheEventAgain_WhenItHasExpired()
    {
        await _events.RecordAsync(new KubeEvent(Node, "NodeStuck", "Attest", "It waits."));
        _server.Delete(KubeResource.Events, "default", _server.All(KubeResource.Events)[0].Name);

        Assert.True(await _events.RecordAsync(new KubeEvent(Node, "NodeStuck", "Attest", "It waits.")));

        Assert.Single(_server.All(KubeResource.Events));
    }

    [Fact]
    public async Task Cuts_ALongNote_BetweenCharacters()
    {
        await _events.RecordAsync(new KubeEvent(Node, "NodeStuck", "Attest", new string('é', 2000)));

        Assert.Equal(new string('é', 512), _server.All(KubeResource.Events)[0].At("note")!.Value.GetString());
    }

    [Fact]
    public async Task Survives_AServerThatRefuses()
    {
        _server.Refuse(1, new ApiFault(403, "Forbidden", "no"));

        Assert.False(await _events.RecordAsync(new KubeEvent(Node, "NodeStuck", "Attest", "It waits.")));
        Assert.True(await _events.RecordAsync(new KubeEvent(Node, "NodeStuck", "Attest", "It waits.")));
        Assert.Single(_server.All(KubeResource.Events));
    }
}
