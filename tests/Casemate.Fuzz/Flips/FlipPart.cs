namespace Casemate.Fuzz.Flips;

/// <summary>Where a region lies in the bytes of a subject.</summary>
/// <param name="Region">The region.</param>
/// <param name="Start">First byte.</param>
/// <param name="Length">Number of bytes.</param>
public sealed record FlipPart(FlipRegion Region, int Start, int Length);
