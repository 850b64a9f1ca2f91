namespace Casemate.Admission;

/// <summary>What keeps pods off a node unless they tolerate it.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Value">Its value; may be empty.</param>
/// <param name="Effect">Such as <c>NoSchedule</c>.</param>
public sealed record NodeTaint(string Key, string Value, string Effect);
