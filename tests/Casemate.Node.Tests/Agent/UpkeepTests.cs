using Casemate.Testing;

namespace Casemate.Node.Tests.Agent;

/// <summary>A part of the agent that fails is told, stands in what is missing, and begins again.</summary>
public sealed class UpkeepTests : IDisposable
{
    private const string Part = "The part";

    private readonly ManualTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly RecordingLogger _log = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Upkeep _upkeep;
    private int _changes;

    public UpkeepTests() => _upkeep = new Upkeep(_log, _time, () => Interlocked.Increment(ref _changes));

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task Ends_WhenThePartHasNothingToDo()
    {
        await _upkeep.KeepAsync(Part, _ => Task.CompletedTask, _stop.Token).SoonAsync();

        Assert.Empty(_upkeep.Missing());
        Assert.Empty(_log.Lines);
        Assert.Equal(0, _changes);
    }

    [Fact]
    public async Task BeginsAgain_AfterEachFailure_LaterEachTime()
    {
        var runs = 0;
        var kept = _upkeep.KeepAsync(
            Part, _ => ++runs <= 8 ? throw new InvalidOperationException("It broke.") : Task.CompletedTask, _stop.Token);

        foreach (var seconds in (int[])[1, 2, 4, 8, 16, 30, 30, 30])
        {
            await PassAsync(TimeSpan.FromSeconds(seconds));
        }

        await kept.SoonAsync();
        Assert.Equal(9, runs);
        Assert.Empty(_upkeep.Missing());
    }

    [Fact]
    public async Task TellsAFailure_UntilThePartHasRunForAWhile()
    {
        var fails = true;
        var kept = _upkeep.KeepAsync(
            Part, stop => fails ? throw new InvalidOperationException("It broke.") : Task.Delay(Timeout.Infinite, stop), _stop.Token);
        await TaskPatience.UntilAsync(() => _upkeep.Missing().Any());
        Assert.Equal("The part failed and begins again (It broke)", Assert.Single(_upkeep.Missing()));

        fails = false;
        await PassAsync(Upkeep.FirstPause);
        await _time.UntilDueAsync(Upkeep.Proof);
        Assert.Single(_upkeep.Missing());
        await PassAsync(Upkeep.Proof);
        await TaskPatience.UntilAsync(() => !_upkeep.Missing().Any());

        await TaskPatience.UntilAsync(() => _changes == 2);
        Assert.Equal(
            ["Error 3608 The part failed and begins again; everything else goes on", "Information 3609 The part works again"], _log.Lines);
        await _stop.CancelAsync();
        await kept.SoonAsync();
    }

    [Fact]
    public async Task StaysMissing_WhileItFailsAgainAndAgain()
    {
        var run = Failed();
        var kept = _upkeep.KeepAsync(Part, _ => run.Task, _stop.Token);
        foreach (var seconds in (int[])[1, 2, 4])
        {
            await _time.UntilDueAsync(TimeSpan.FromSeconds(seconds));
            var next = run = new TaskCompletionSource();
            await PassAsync(TimeSpan.FromSeconds(seconds));
            await _time.UntilDueAsync(Upkeep.Proof);
            _time.Advance(Upkeep.Proof / 2);
            next.SetException(new InvalidOperationException("It broke."));
            await _time.UntilDueAsync(TimeSpan.FromSeconds(seconds * 2));
            Assert.Single(_upkeep.Missing());
        }

        Assert.Single(_log.Lines);
        await _stop.CancelAsync();
        await kept.SoonAsync();
    }

    [Fact]
    public async Task WaitsShortlyAgain_AfterItHasWorked()
    {
        var run = Failed();
        var kept = _upkeep.KeepAsync(Part, _ => run.Task, _stop.Token);
        await PassAsync(TimeSpan.FromSeconds(1));
        await _time.UntilDueAsync(TimeSpan.FromSeconds(2));
        var next = run = new TaskCompletionSource();
        await PassAsync(TimeSpan.FromSeconds(2));
        await PassAsync(Upkeep.Proof);
        await TaskPatience.UntilAsync(() => !_upkeep.Missing().Any());

        next.SetException(new InvalidOperationException("It broke."));

        await _time.UntilDueAsync(Upkeep.FirstPause);
        await _stop.CancelAsync();
        await kept.SoonAsync();
    }

    [Fact]
    public async Task Logs_AnotherFailure_AndNotTheSameAgain()
    {
        var runs = 0;
        var kept = _upkeep.KeepAsync(
            Part,
            _ => ++runs switch
            {
                <= 3 => throw new InvalidOperationException("It broke."),
                4 => throw new InvalidOperationException("It broke otherwise."),
                _ => Task.CompletedTask,
            },
            _stop.Token);
        foreach (var seconds in (int[])[1, 2, 4, 8])
        {
            await PassAsync(TimeSpan.FromSeconds(seconds));
        }

        await kept.SoonAsync();
        Assert.Equal(2, _log.Lines.Count(line => line.StartsWith("Error 3608 ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task TakesACancellationThatNobodyAskedFor_ForAFailure()
    {
        var runs = 0;
        var kept = _upkeep.KeepAsync(Part, _ => ++runs == 1 ? throw new OperationCanceledException() : Task.CompletedTask, _stop.Token);

        await PassAsync(Upkeep.FirstPause);

        await kept.SoonAsync();
        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task EndsAtOnce_WhileItWaits()
    {
        var kept = _upkeep.KeepAsync(Part, _ => throw new InvalidOperationException("It broke."), _stop.Token);
        await TaskPatience.UntilAsync(() => _upkeep.Missing().Any());

        await _stop.CancelAsync();

        await kept.SoonAsync();
        Assert.Empty(_upkeep.Missing());
    }

    [Fact]
    public async Task EndsAtOnce_WhileThePartRuns_WhateverItThrowsThen()
    {
        var kept = _upkeep.KeepAsync(
            Part,
            async stop =>
            {
                await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw new ObjectDisposedException("a stream that was closed");
            },
            _stop.Token);

        await _stop.CancelAsync();

        await kept.SoonAsync();
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task KeepsOthers_WhileOneFails()
    {
        var other = new TaskCompletionSource();
        var failing = _upkeep.KeepAsync(Part, _ => throw new InvalidOperationException("It broke."), _stop.Token);
        var kept = _upkeep.KeepAsync("Another", _ => other.Task, _stop.Token);
        await TaskPatience.UntilAsync(() => _upkeep.Missing().Any());

        other.SetResult();

        await kept.SoonAsync();
        Assert.Single(_upkeep.Missing());
        await _stop.CancelAsync();
        await failing.SoonAsync();
    }

    private static TaskCompletionSource Failed()
    {
        var failed = new TaskCompletionSource();
        failed.SetException(new InvalidOperationException("It broke."));
        return failed;
    }

    /// <summary>Lets a wait of exactly this length pass, once it has begun.</summary>
    private async Task PassAsync(TimeSpan wait)
    {
        await _time.UntilDueAsync(wait);
        _time.Advance(wait);
    }
}
