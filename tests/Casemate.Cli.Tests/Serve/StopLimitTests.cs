using Casemate.Cli.Serve;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Serve;

/// <summary>A service that hangs ends all the same, and says that it hung.</summary>
public sealed class StopLimitTests
{
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly CancellationTokenSource _signal = new();
    private readonly TaskCompletionSource _run = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task WithoutASignal_ItRunsOn()
    {
        var kept = StopLimit.KeepAsync(_run.Task, _signal.Token, _time);

        _time.Advance(TimeSpan.FromDays(30));
        Assert.False(kept.IsCompleted);
        _run.SetResult();

        await kept;
    }

    [Fact]
    public async Task AfterTheSignal_ItHasItsTime()
    {
        var kept = StopLimit.KeepAsync(_run.Task, _signal.Token, _time);
        await _signal.CancelAsync();
        await UntilItWaitsAsync();

        _time.Advance(StopLimit.Limit - TimeSpan.FromSeconds(1));
        Assert.False(kept.IsCompleted);
        _run.SetResult();

        await kept;
    }

    [Fact]
    public async Task OneThatHangs_EndsWithAnError()
    {
        var kept = StopLimit.KeepAsync(_run.Task, _signal.Token, _time);
        await _signal.CancelAsync();
        await UntilItWaitsAsync();

        _time.Advance(StopLimit.Limit);

        var failure = await Assert.ThrowsAsync<CliException>(() => kept);
        Assert.Equal((ExitCode.InternalError, "the service did not stop within 25 s of the signal"), (failure.ExitCode, failure.Message));
    }

    [Fact]
    public async Task WhatARunFailsWith_IsTold()
    {
        var kept = StopLimit.KeepAsync(_run.Task, _signal.Token, _time);
        _run.SetException(new IOException("the disk is full"));

        Assert.Equal("the disk is full", (await Assert.ThrowsAsync<IOException>(() => kept)).Message);
    }

    private async Task UntilItWaitsAsync()
    {
        while (_time.NextDue is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken);
        }
    }
}
