namespace Casemate.KataPolicy.Pods;

/// <summary>A claim.</summary>
/// <param name="ClaimName">The claim's name; a template's name for a StatefulSet's claim template.</param>
/// <param name="ReadOnly"><c>readOnly</c>, false by default.</param>
/// <param name="IsTemplate">True when a StatefulSet's controller adds the volume from its claim template.</param>
/// <param name="IsBlock">True when the claim is known to have <c>volumeMode: Block</c>.</param>
public sealed record PersistentVolumeClaimVolume(string ClaimName, bool ReadOnly, bool IsTemplate, bool IsBlock) : VolumeSource;
