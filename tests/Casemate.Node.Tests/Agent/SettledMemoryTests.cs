using Casemate.Testing;

namespace Casemate.Node.Tests.Agent;

/// <summary>When an agent that has come to rest gives memory back.</summary>
public sealed class SettledMemoryTests
{
    private readonly ManualTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly List<double> _given = [];
    private readonly SettledMemory _memory;

    public SettledMemoryTests() => _memory = new SettledMemory(() => _given.Add(_time.GetUtcNow().Subtract(DateTimeOffset.UnixEpoch).TotalSeconds));

    [Fact]
    public async Task GivesBack_SoonAndAgain_AndIsDoneThen()
    {
        var series = _memory.GiveBackAsync(_time, CancellationToken.None);

        await AdvanceUntilAsync(() => series.IsCompleted);

        Assert.Equal([0.5, 2.6, 4.7, 69.7, 69.8], _given);
    }

    [Fact]
    public async Task AskedAgain_BeginsAgain_OnceForBoth()
    {
        var first = _memory.GiveBackAsync(_time, CancellationToken.None);
        await AdvanceUntilAsync(() => _given.Count == 1);

        var second = _memory.GiveBackAsync(_time, CancellationToken.None);
        await AdvanceUntilAsync(() => first.IsCompleted && second.IsCompleted);

        Assert.Equal([0.5, 1, 3.1, 5.2, 70.2, 70.3], _given);
    }

    [Fact]
    public async Task Stopped_EndsAtOnce()
    {
        using var stopping = new CancellationTokenSource();
        var series = _memory.GiveBackAsync(_time, stopping.Token);

        await stopping.CancelAsync();

        await series.WaitAsync(TaskPatience.Limit);
        Assert.Empty(_given);
    }

    // From one moment that somebody waits for to the next.
    private async Task AdvanceUntilAsync(Func<bool> isDone)
    {
        var limit = Task.Delay(TaskPatience.Limit);
        while (!isDone())
        {
            Assert.False(limit.IsCompleted, "It did not come about in time.");
            if (_time.NextDue is { } due)
            {
                _time.Advance(due - _time.GetUtcNow());
            }
            else
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1));
            }
        }
    }
}
