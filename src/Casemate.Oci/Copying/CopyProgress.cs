namespace Casemate.Oci.Copying;

/// <summary>News of a copy.</summary>
/// <param name="Stage">What happened.</param>
/// <param name="Descriptor">To which content.</param>
/// <param name="Bytes">How many bytes of it are there so far, those that an earlier attempt left included.</param>
public readonly record struct CopyProgress(CopyStage Stage, Descriptor Descriptor, long Bytes);
