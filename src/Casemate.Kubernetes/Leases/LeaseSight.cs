using System.Text.Json;

namespace Casemate.Kubernetes;

/// <summary>A Lease as it was seen, and since when it looks like this by this program's own clock.</summary>
/// <param name="Object">The object; null when it may have changed by a write whose answer was lost.</param>
/// <param name="Holder">Who holds it; null when nobody.</param>
/// <param name="RenewTime">What stands there, compared and never judged.</param>
/// <param name="Transitions">How often the holder changed.</param>
/// <param name="Seconds">How long it holds without renewal.</param>
/// <param name="Since">When it was first seen like this, as a timestamp of the own clock.</param>
internal sealed record LeaseSight(KubeObject? Object, string? Holder, string RenewTime, string Transitions, int Seconds, long Since)
{
    private const int LongestSeconds = 24 * 3600;

    public static LeaseSight Of(KubeObject lease, long now)
    {
        var seconds = lease.At("spec", "leaseDurationSeconds") is { ValueKind: JsonValueKind.Number } value
            && value.TryGetInt32(out var number) ? Math.Clamp(number, 0, LongestSeconds) : 0;
        return new LeaseSight(
            lease, Text(lease, "holderIdentity") is { Length: > 0 } holder ? holder : null, Text(lease, "renewTime"),
            lease.At("spec", "leaseTransitions")?.GetRawText() ?? "", seconds, now);
    }

    public bool IsSameAs(LeaseSight other) =>
        (Holder, RenewTime, Transitions, Seconds) == (other.Holder, other.RenewTime, other.Transitions, other.Seconds);

    /// <summary>Whether a program may write itself in: it holds it already, nobody does, or the holder was silent for too long.</summary>
    /// <param name="identity">The program.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="unsaid">How long the Lease holds when it does not say so itself.</param>
    public bool MayBeTakenBy(string identity, TimeProvider time, TimeSpan unsaid) =>
        Holder is null || Holder == identity
        || time.GetElapsedTime(Since) > (Seconds > 0 ? TimeSpan.FromSeconds(Seconds) : unsaid);

    private static string Text(KubeObject lease, string name) =>
        lease.At("spec", name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : "";
}
