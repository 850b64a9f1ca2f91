namespace Casemate.Node.DevicePlugin;

/// <summary>How long to wait before something is looked at once more: twice as long each time, while it stays the same.</summary>
/// <param name="shortest">The first wait, and that after each change.</param>
/// <param name="longest">No wait is longer.</param>
internal sealed class CheckPace(TimeSpan shortest, TimeSpan longest)
{
    private string? _seen;
    private TimeSpan _next;

    /// <summary>Makes the next wait short: something was done about it.</summary>
    public void Restart() => _seen = null;

    /// <summary>The wait after something was seen.</summary>
    /// <param name="state">What was seen; null when the next look may not wait.</param>
    public TimeSpan After(string? state)
    {
        var isSame = state is not null && state == _seen;
        var wait = isSame ? _next : shortest;
        _seen = state;
        _next = wait * 2 < longest ? wait * 2 : longest;
        return wait;
    }
}
