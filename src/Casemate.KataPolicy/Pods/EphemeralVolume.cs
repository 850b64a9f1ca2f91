namespace Casemate.KataPolicy.Pods;

/// <summary>A claim that lives as long as the pod (<c>ephemeral.volumeClaimTemplate</c>).</summary>
/// <param name="IsBlock">True for <c>volumeMode: Block</c>.</param>
public sealed record EphemeralVolume(bool IsBlock) : VolumeSource;
