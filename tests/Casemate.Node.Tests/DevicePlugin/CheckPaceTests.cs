using Casemate.Node.DevicePlugin;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>How often a kubelet is asked that offers another number than is listed.</summary>
public sealed class CheckPaceTests
{
    private readonly CheckPace _pace = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    [Fact]
    public void TheWaitDoubles_UpToItsLimit_WhileNothingChanges() =>
        Assert.Equal([1, 2, 4, 8, 16, 30, 30], Enumerable.Repeat("same", 7).Select(Seconds));

    [Fact]
    public void AChange_MakesItShortAgain() =>
        Assert.Equal([1, 2, 4, 1, 2, 1], new[] { "a", "a", "a", "b", "b", "a" }.Select(Seconds));

    [Fact]
    public void WhatMayNotWait_NeverDoes() =>
        Assert.Equal([1, 1, 1, 1, 2], new[] { null, null, null, "a", "a" }.Select(Seconds));

    [Fact]
    public void WhatWasDoneAboutIt_IsSeenSoon()
    {
        Assert.Equal([1, 2], new[] { "a", "a" }.Select(Seconds));
        _pace.Restart();
        Assert.Equal([1, 2], new[] { "a", "a" }.Select(Seconds));
    }

    private double Seconds(string? state) => _pace.After(state).TotalSeconds;
}
