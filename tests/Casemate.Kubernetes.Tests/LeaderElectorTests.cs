using System.Text.Json.Nodes;
using Casemate.Testing;
using Casemate.Testing.Kubernetes;

namespace Casemate.Kubernetes.Tests;

public sealed class LeaderElectorTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly List<Candidate> _candidates = [];
    private TestApiServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestApiServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var candidate in _candidates)
        {
            candidate.WoundDown.TrySetResult();                              // a test that failed must not hang here
            await candidate.StopAsync();
        }

        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Leads_WhenThereIsNoLease_AndWritesWhoItIs()
    {
        var a = Start("a");

        await _server.UntilAsync(() => a.Working);

        var lease = LeaseKind.Read(Lease!);
        Assert.Equal(("a", 15, 0), (lease.Spec.HolderIdentity, lease.Spec.LeaseDurationSeconds, lease.Spec.LeaseTransitions));
        Assert.Equal(Noon, lease.Spec.RenewTime);
        Assert.True(a.Elector.IsLeader);
        Assert.Equal("a", a.Elector.Leader);
    }

    [Fact]
    public async Task Renews_WithoutReading_AndGivesBackAtTheEnd()
    {
        var a = Start("a");
        await _server.UntilAsync(() => a.Working);
        await a.RoundAsync();
        await a.RoundAsync();
        Assert.Equal(2, _server.Requests.Count(request => request.Method == "PUT"));
        Assert.Equal(1, _server.Requests.Count(request => request.Method == "GET"));

        await a.StopAsync();

        Assert.Equal("", LeaseKind.Read(Lease!).Spec.HolderIdentity);
        Assert.False(a.Elector.IsLeader);
        Assert.Equal(1, a.Terms);
    }

    [Fact]
    public async Task TakesOver_AtOnce_WhenTheLeaseWasGivenBack()
    {
        var a = Start("a");
        await _server.UntilAsync(() => a.Working);
        var b = Start("b");
        await b.RoundAsync();
        Assert.False(b.Working);
        Assert.Equal("a", b.Elector.Leader);

        await a.StopAsync();
        await b.RoundAsync();

        await _server.UntilAsync(() => b.Working);
        Assert.Equal(1, LeaseKind.Read(Lease!).Spec.LeaseTransitions);
    }

    [Theory]
    [InlineData(-48)]
    [InlineData(0)]
    [InlineData(48)]
    public async Task JudgesTheHolder_ByItsOwnClock_WhateverStandsInTheLease(int hoursAhead)
    {
        Hold("dead", Noon.AddHours(hoursAhead));
        var b = Start("b");

        // Six rounds of 2 s: the lease of 15 s, seen first at the start, is not over.
        for (var i = 0; i < 6; i++)
        {
            await b.RoundAsync();
            Assert.False(b.Working);
        }

        await b.RoundAsync();
        await b.RoundAsync();
        await _server.UntilAsync(() => b.Working);
    }

    [Fact]
    public async Task Waits_AsLongAsTheHolderRenews_ThoughItsClockStandsStill()
    {
        Hold("alive", Noon.AddHours(-48));
        var b = Start("b");
        for (var i = 0; i < 12; i++)
        {
            _server.Change(
                KubeResource.Leases, "default", "lease", "alive",
                lease => lease["spec"]!["renewTime"] = $"2026-02-27T12:00:00.{i:000000}Z");
            await b.RoundAsync();
        }

        Assert.False(b.Working);
    }

    [Fact]
    public async Task StopsLeading_ByTheClock_WhileTheServerIsSilent_AndBeforeAnybodyMayTakeOver()
    {
        var a = Start("a");
        await _server.UntilAsync(() => a.Working);
        using (_server.Slow(request => request.Method == "PUT"))
        {
            await a.RoundAsync(waitForNext: false);                          // the renewal hangs
            await _server.UntilAsync(() => _server.Requests.Any(request => request.Method == "PUT"));
            a.Clock.Advance(TimeSpan.FromSeconds(7.5));
            Assert.True(a.Elector.IsLeader);
            a.Clock.Advance(TimeSpan.FromSeconds(1));
            Assert.False(a.Elector.IsLeader);
            await _server.UntilAsync(() => !a.Working);
        }

        Assert.True(a.Elapsed < TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task LeadsAgain_WhenTheServerIsBack()
    {
        var a = Start("a");
        await _server.UntilAsync(() => a.Working);
        _server.Refuse(int.MaxValue, new ApiFault(500, "InternalError", "broken"), _ => a.IsCutOff);
        a.IsCutOff = true;
        for (var i = 0; i < 6 && a.Elector.IsLeader; i++)
        {
            await a.RoundAsync(waitForNext: false);
            await _server.UntilAsync(() => !a.Elector.IsLeader || a.IsParked);
        }

        await _server.UntilAsync(() => !a.Working && a.IsParked);
        Assert.Contains("broken", a.Elector.Problem, StringComparison.Ordinal);

        a.IsCutOff = false;
        await a.RoundAsync(waitForNext: false);

        await _server.UntilAsync(() => a.Working);
        Assert.Equal(2, a.Terms);
        Assert.Null(a.Elector.Problem);
    }

    [Fact]
    public async Task GoesOnLeading_WhenTheAnswerToARenewalIsLost()
    {
        var a = Start("a");
        await _server.UntilAsync(() => a.Working);
        _server.Refuse(1, new ApiFault(0, "", "") { AfterWork = true }, request => request.Method == "PUT");

        await a.RoundAsync();
        Assert.NotNull(a.Elector.Problem);
        await a.RoundAsync();

        Assert.Null(a.Elector.Problem);
        Assert.True(a.Elector.IsLeader);
        Assert.Equal(1, a.Terms);
    }

    [Fact]
    public async Task FindsOut_ThatItHoldsTheLease_WhenTheAnswerToTheFirstWriteIsLost()
    {
        _server.Refuse(1, new ApiFault(0, "", "") { AfterWork = true }, request => request.Method == "POST");
        var a = Start("a");
        await a.ParkedAsync();
        Assert.False(a.Working);
        Assert.Equal("a", LeaseKind.Read(Lease!).Spec.HolderIdentity);

        await a.RoundAsync(waitForNext: false);

        await _server.UntilAsync(() => a.Working);
    }

    [Fact]
    public async Task StopsAtOnce_WhenAnotherTookTheLease()
    {
        var a = Start("a");
        await _server.UntilAsync(() => a.Working);
        _server.Change(KubeResource.Leases, "default", "lease", "thief", lease =>
        {
            lease["spec"]!["holderIdentity"] = "thief";
            lease["spec"]!["renewTime"] = "2026-03-01T12:00:01.000000Z";
        });

        await a.RoundAsync();

        await _server.UntilAsync(() => !a.Working);
        Assert.Equal("thief", a.Elector.Leader);
        Assert.Equal("thief", LeaseKind.Read(Lease!).Spec.HolderIdentity);
    }

    [Fact]
    public async Task Renews_OverAChangeThatIsNoTakeover_AndKeepsIt()
    {
        var a = Start("a");
        await _server.UntilAsync(() => a.Working);
        _server.Change(KubeResource.Leases, "default", "lease", "somebody", lease =>
        {
            lease["metadata"]!["labels"] = new JsonObject { ["x"] = "y" };
            lease["spec"]!["strategy"] = "OldestEmulationVersion";
        });

        await a.RoundAsync();

        Assert.True(a.Elector.IsLeader);
        Assert.Equal("y", Lease!.Labels["x"]);
        Assert.Equal("OldestEmulationVersion", Lease!.At("spec", "strategy")!.Value.GetString());
        Assert.Null(a.Elector.Problem);
    }

    [Fact]
    public async Task OfTwo_ThatTryAtOnce_OneLeads()
    {
        Hold("", Noon);
        Candidate a, b;
        using (_server.Slow(request => request.Method == "PUT"))
        {
            (a, b) = (Start("a"), Start("b"));
            await _server.UntilAsync(() => _server.Requests.Count(request => request.Method == "PUT") == 2);
        }

        await _server.UntilAsync(() => a.Working || b.Working);
        await _server.UntilAsync(() => a.IsParked && b.IsParked);

        Assert.NotEqual(a.Working, b.Working);
        Assert.Equal(a.Working ? "a" : "b", LeaseKind.Read(Lease!).Spec.HolderIdentity);
    }

    [Fact]
    public async Task MakesTheLeaseAgain_WhenSomebodyDeletedIt()
    {
        var a = Start("a");
        await _server.UntilAsync(() => a.Working);
        _server.Delete(KubeResource.Leases, "default", "lease");

        await a.RoundAsync();

        Assert.True(a.Elector.IsLeader);
        Assert.Equal("a", LeaseKind.Read(Lease!).Spec.HolderIdentity);
    }

    [Fact]
    public async Task KeepsTheLease_UntilTheWorkHasWoundDown()
    {
        var a = Start("a", hasToWindDown: true);
        await _server.UntilAsync(() => a.Working);
        var stopping = a.StopAsync();
        await _server.UntilAsync(() => a.IsWindingDown);

        await a.RoundAsync();
        Assert.Equal("a", LeaseKind.Read(Lease!).Spec.HolderIdentity);
        a.WoundDown.SetResult();
        await stopping;

        Assert.Equal("", LeaseKind.Read(Lease!).Spec.HolderIdentity);
    }

    [Fact]
    public async Task GivesBack_AndThrowsOn_WhatTheWorkThrows()
    {
        using var client = _server.CreateClient();
        var elector = new LeaderElector(client, "default", "lease", "a");

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => elector.RunAsync(_ => throw new InvalidOperationException("no"), CancellationToken.None));

        Assert.Equal("", LeaseKind.Read(Lease!).Spec.HolderIdentity);
    }

    [Fact]
    public async Task Ends_WhenTheWorkIsDone()
    {
        using var client = _server.CreateClient();
        var elector = new LeaderElector(client, "default", "lease", "a");

        await elector.RunAsync(_ => Task.CompletedTask, CancellationToken.None);

        Assert.Equal("", LeaseKind.Read(Lease!).Spec.HolderIdentity);
    }

    [Fact]
    public async Task AddsJitter_FromTheGivenSource()
    {
        Hold("other", Noon);
        var b = Start("b", jitter: () => 1);
        await b.ParkedAsync();

        Assert.Equal(Noon + (TimeSpan.FromSeconds(2) * 1.2), b.Clock.NextDue);
    }

    [Theory]
    [InlineData(15, 15, 2)]
    [InlineData(15, 10, 9)]
    [InlineData(1.5, 1, 0.1)]
    public void Refuses_TimesThatDoNotFit(double lease, double deadline, double retry)
    {
        using var client = _server.CreateClient();
        Assert.Throws<ArgumentException>(() => new LeaderElector(client, "default", "lease", "a", new LeaderElectorOptions
        {
            LeaseDuration = TimeSpan.FromSeconds(lease),
            RenewDeadline = TimeSpan.FromSeconds(deadline),
            RetryPeriod = TimeSpan.FromSeconds(retry),
        }));
    }

    private KubeObject? Lease => _server.Find(KubeResource.Leases, "default", "lease");

    private void Hold(string holder, DateTimeOffset renewed) => _server.Put(KubeResource.Leases, new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = "lease", ["namespace"] = "default" },
        ["spec"] = new JsonObject
        {
            ["holderIdentity"] = holder,
            ["leaseDurationSeconds"] = 15,
            ["renewTime"] = renewed.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", null),
            ["leaseTransitions"] = 0,
        },
    });

    private Candidate Start(string identity, bool hasToWindDown = false, Func<double>? jitter = null)
    {
        var candidate = new Candidate(_server, identity, hasToWindDown, jitter ?? (() => 0));
        _candidates.Add(candidate);
        return candidate;
    }

    /// <summary>One program that wants to lead, with a clock of its own.</summary>
    private sealed class Candidate
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly TestApiServer _server;
        private readonly KubeClient _client;
        private readonly Task _running;
        private int _seenRounds;

        public Candidate(TestApiServer server, string identity, bool hasToWindDown, Func<double> jitter)
        {
            _server = server;
            _client = server.CreateClient(options => options with { Time = Clock, MaxAttempts = 1 });
            Elector = new LeaderElector(_client, "default", "lease", identity, new LeaderElectorOptions { Jitter = jitter });
            _running = Task.Run(() => Elector.RunAsync(
                async token =>
                {
                    Interlocked.Increment(ref _terms);
                    Working = true;
                    try
                    {
                        await Task.Delay(Timeout.Infinite, token);
                    }
                    finally
                    {
                        IsWindingDown = true;
                        if (hasToWindDown)
                        {
                            await WoundDown.Task;
                        }

                        Working = false;
                    }
                },
                _stop.Token));
        }

        private int _terms;
        private volatile bool _working;
        private volatile bool _windingDown;
        private volatile bool _cutOff;

        public ManualTimeProvider Clock { get; } = new(Noon);

        public LeaderElector Elector { get; }

        public TaskCompletionSource WoundDown { get; } = new();

        public int Terms => Volatile.Read(ref _terms);

        public bool Working { get => _working; private set => _working = value; }

        public bool IsWindingDown { get => _windingDown; private set => _windingDown = value; }

        public bool IsCutOff { get => _cutOff; set => _cutOff = value; }

        public bool IsParked => Elector.Rounds > _seenRounds;

        public TimeSpan Elapsed => Clock.GetUtcNow() - Noon;

        public Task ParkedAsync() => _server.UntilAsync(() => IsParked);

        /// <summary>Lets one wait pass, and comes back at the next.</summary>
        public async Task RoundAsync(bool waitForNext = true)
        {
            await ParkedAsync();
            _seenRounds = Elector.Rounds;
            Clock.Advance(TimeSpan.FromSeconds(2));
            if (waitForNext)
            {
                await ParkedAsync();
            }
        }

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
            _client.Dispose();
        }
    }
}
