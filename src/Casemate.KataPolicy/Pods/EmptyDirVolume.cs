namespace Casemate.KataPolicy.Pods;

/// <summary>An <c>emptyDir</c>; also what a volume without any source is.</summary>
/// <param name="Medium">Empty, <c>Memory</c>, or <c>HugePages…</c>.</param>
/// <param name="SizeLimit">The limit as written, or null.</param>
public sealed record EmptyDirVolume(string Medium, string? SizeLimit) : VolumeSource
{
    /// <summary>True when it lives in the guest's memory.</summary>
    public bool IsMemory => Medium is "Memory";
}
