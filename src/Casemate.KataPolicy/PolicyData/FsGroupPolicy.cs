namespace Casemate.KataPolicy;

/// <summary>The group that owns the files of a volume.</summary>
/// <param name="GroupId">The group.</param>
/// <param name="GroupChangePolicy">0: always; 1: only when the root differs.</param>
public sealed record FsGroupPolicy(uint GroupId, int GroupChangePolicy = 0);
