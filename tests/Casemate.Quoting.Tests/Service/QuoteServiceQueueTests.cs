using Casemate.Quoting.Service;
using static Casemate.Quoting.Tests.Service.ServiceUnderTest;

namespace Casemate.Quoting.Tests.Service;

public sealed class QuoteServiceQueueTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task GivesAPodItsTurn_BeforeTheThousandRequestsOfAnother(int concurrency)
    {
        await using var test = new ServiceUnderTest(concurrency: concurrency);
        var running = Enumerable.Range(0, concurrency).Select(_ => test.Ask(Pod("greedy"), 1)).ToList();
        var held = new Queue<ScriptedProvider.Call>();
        for (var i = 0; i < concurrency; i++)
        {
            held.Enqueue(await test.Provider.NextCallAsync());
        }

        var greedy = Enumerable.Range(0, 1000).Select(_ => test.Ask(Pod("greedy"), 1)).ToList();
        var modest = test.Ask(Pod("modest"), 2);
        Assert.Equal(1001, test.Service.QueueDepth);

        // A place that comes free is taken at once; the second one at the latest by whoever has waited for its first turn.
        var turns = new List<byte>();
        while (turns.Count < 2)
        {
            held.Dequeue().Finish();
            var next = await test.Provider.NextCallAsync();
            turns.Add(next.Mark);
            held.Enqueue(next);
        }

        Assert.Contains((byte)2, turns);
        while (held.TryDequeue(out var call))
        {
            call.Finish();
        }

        Assert.Equal(AesmError.Success, (await modest).Error);
        Assert.All(await Task.WhenAll(running), outcome => Assert.Equal(AesmError.Success, outcome.Error));
        Assert.True(greedy.Count(g => g.IsCompleted) <= 2);
    }

    [Fact]
    public async Task LetsWeightedNamespaces_TakeSoManyMoreTurns()
    {
        var options = new QuoteServiceOptions { WeightByNamespace = new Dictionary<string, int> { ["heavy"] = 3 } };
        await using var test = new ServiceUnderTest(options);
        _ = test.Ask(Stranger(), 9);
        var call = await test.Provider.NextCallAsync();
        var asked = Enumerable.Range(0, 40)
            .SelectMany(_ => new[] { test.Ask(Pod("a", "heavy"), 1), test.Ask(Pod("b", "light"), 2) }).ToList();

        var marks = new List<byte>();
        for (var i = 0; i < 40; i++)
        {
            call.Finish();
            call = await test.Provider.NextCallAsync();
            marks.Add(call.Mark);
        }

        Assert.InRange(marks.Count(m => m == 1), 29, 31);
        call.Finish();
        Assert.Equal(80, asked.Count);
    }

    [Fact]
    public async Task LetsPeersWithoutAPod_ShareOneTurn()
    {
        await using var test = new ServiceUnderTest();
        _ = test.Ask(Pod("busy"), 9);
        var call = await test.Provider.NextCallAsync();
        for (var i = 0; i < 10; i++)
        {
            _ = test.Ask(Stranger(pid: 100 + i), 1);
        }

        _ = test.Ask(Pod("known"), 2);
        var marks = new List<byte>();
        for (var i = 0; i < 2; i++)
        {
            call.Finish();
            call = await test.Provider.NextCallAsync();
            marks.Add(call.Mark);
        }

        call.Finish();
        Assert.Contains((byte)2, marks);
    }

    [Fact]
    public async Task AnswersBusy_WhenAPodHasTooManyWaiting_AndServesOthers()
    {
        await using var test = new ServiceUnderTest(new QuoteServiceOptions { MaximumQueuedPerPod = 2 });
        _ = test.Ask(Pod("greedy"));
        var call = await test.Provider.NextCallAsync();
        _ = test.Ask(Pod("greedy"));
        _ = test.Ask(Pod("greedy"));

        var refused = await test.Ask(Pod("greedy"));
        var other = test.Ask(Pod("modest"));

        Assert.Equal(AesmError.Busy, refused.Error);
        Assert.Equal(QuoteRefusal.PodQueueFull, Assert.Single(test.Told("refused")));
        Assert.False(other.IsCompleted);
        Assert.Equal(3, test.Service.QueueDepth);
        call.Finish();
    }

    [Fact]
    public async Task AnswersBusy_WhenTheQueueIsFull()
    {
        await using var test = new ServiceUnderTest(new QuoteServiceOptions { MaximumQueued = 2 });
        _ = test.Ask(Pod("a"));
        var call = await test.Provider.NextCallAsync();
        _ = test.Ask(Pod("b"));
        _ = test.Ask(Pod("c"));

        Assert.Equal(AesmError.Busy, (await test.Ask(Pod("d"))).Error);
        Assert.Equal(QuoteRefusal.QueueFull, Assert.Single(test.Told("refused")));
        call.Finish();
    }

    [Fact]
    public async Task AnswersBusy_AfterSixtyPercentOfTheClientsTimeout()
    {
        await using var test = new ServiceUnderTest();
        _ = test.Ask(Pod("a"));
        var call = await test.Provider.NextCallAsync();
        var waiting = test.Ask(Pod("b"), timeout: TimeSpan.FromSeconds(10));

        test.Time.Advance(TimeSpan.FromSeconds(5.9));
        Assert.False(waiting.IsCompleted);
        test.Time.Advance(TimeSpan.FromSeconds(0.2));

        Assert.Equal(AesmError.Busy, (await waiting).Error);
        Assert.Equal(QuoteRefusal.WaitTooLong, Assert.Single(test.Told("refused")));
        Assert.Equal(0, test.Service.QueueDepth);
        call.Finish();
    }

    [Fact]
    public async Task LeavesTheQueue_WhenTheClientGoesAway()
    {
        await using var test = new ServiceUnderTest();
        _ = test.Ask(Pod("a"), 1);
        var call = await test.Provider.NextCallAsync();
        using var gone = new CancellationTokenSource();
        var abandoned = test.Ask(Pod("b"), 2, cancellationToken: gone.Token);
        _ = test.Ask(Pod("c"), 3);

        await gone.CancelAsync();

        Assert.Equal(AesmError.ServiceStopped, (await abandoned).Error);
        call.Finish();
        call = await test.Provider.NextCallAsync();
        Assert.Equal(3, call.Mark);
        call.Finish();
    }

    [Fact]
    public async Task WorksOnAsManyAsTheBackEndTakes_AndNoMore()
    {
        await using var test = new ServiceUnderTest(concurrency: 3);
        var asked = Enumerable.Range(0, 5).Select(i => test.Ask(Pod("p" + i))).ToList();

        var calls = new List<ScriptedProvider.Call>();
        for (var i = 0; i < 3; i++)
        {
            calls.Add(await test.Provider.NextCallAsync());
        }

        Assert.Empty(test.Provider.Calls);
        Assert.Equal(2, test.Service.QueueDepth);
        calls.ForEach(c => c.Finish());
        (await test.Provider.NextCallAsync()).Finish();
        (await test.Provider.NextCallAsync()).Finish();
        Assert.All(await Task.WhenAll(asked), o => Assert.Equal(AesmError.Success, o.Error));
    }

    [Fact]
    public async Task AtAStop_AnswersWhoWaits_AndRefusesWhoComes()
    {
        await using var test = new ServiceUnderTest();
        var running = test.Ask(Pod("a"));
        var call = await test.Provider.NextCallAsync();
        var waiting = test.Ask(Pod("b"));

        var stopped = test.Service.StopAsync();
        var late = await test.Ask(Pod("c"));
        call.Finish();
        (await test.Provider.NextCallAsync()).Finish();
        await stopped;

        Assert.Equal(AesmError.Success, (await running).Error);
        Assert.Equal(AesmError.Success, (await waiting).Error);
        Assert.Equal(AesmError.ServiceStopped, late.Error);
    }

    [Fact]
    public async Task AtAStop_SendsAwayWhoWaitsTooLong()
    {
        await using var test = new ServiceUnderTest();
        _ = test.Ask(Pod("a"));
        var call = await test.Provider.NextCallAsync();
        var waiting = Enumerable.Range(0, 5).Select(_ => test.Ask(Pod("b"))).ToList();

        var stopped = test.Service.StopAsync();
        test.Time.Advance(TimeSpan.FromSeconds(11));
        await stopped;

        Assert.All(await Task.WhenAll(waiting), o => Assert.Equal(AesmError.ServiceStopped, o.Error));
        call.Finish();
    }

    [Fact]
    public async Task LimitsRequestsPerSecond_OfEachPodByItself()
    {
        await using var test = new ServiceUnderTest(new QuoteServiceOptions { RequestsPerSecond = 2 });
        test.Provider.Answer = _ => ScriptedProvider.Quote();

        var errors = new List<AesmError>();
        for (var i = 0; i < 5; i++)
        {
            errors.Add((await test.Ask(Pod("a"))).Error);
        }

        Assert.Equal([AesmError.Success, AesmError.Success, AesmError.Success, AesmError.Success, AesmError.Busy], errors);
        Assert.Equal(AesmError.Success, (await test.Ask(Pod("b"))).Error);
        test.Time.Advance(TimeSpan.FromSeconds(0.51));
        Assert.Equal(AesmError.Success, (await test.Ask(Pod("a"))).Error);
        Assert.Equal(AesmError.Busy, (await test.Ask(Pod("a"))).Error);
    }

    [Fact]
    public async Task LimitsQuotesPerMinute()
    {
        await using var test = new ServiceUnderTest(new QuoteServiceOptions { QuotesPerMinute = 2 });
        test.Provider.Answer = _ => ScriptedProvider.Quote();
        Assert.Equal(AesmError.Success, (await test.Ask(Pod("a"))).Error);
        Assert.Equal(AesmError.Success, (await test.Ask(Pod("a"))).Error);

        Assert.Equal(AesmError.Busy, (await test.Ask(Pod("a"))).Error);
        Assert.Equal(QuoteRefusal.QuoteRate, Assert.Single(test.Told("refused")));

        test.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(AesmError.Success, (await test.Ask(Pod("a"))).Error);
    }
}
