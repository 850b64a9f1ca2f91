using System.Collections.Immutable;

namespace Casemate.KataPolicy.Pods;

/// <summary>Several sources in one directory.</summary>
/// <param name="Sources">
/// Each source as the volume it would be alone: <see cref="ConfigMapVolume"/>, <see cref="SecretVolume"/>,
/// <see cref="DownwardApiVolume"/>, or <see cref="TokenVolume"/> for tokens, certificates and trust bundles.
/// </param>
/// <param name="DefaultMode">The files' mode, or null for 0644.</param>
public sealed record ProjectedVolume(ImmutableArray<VolumeSource> Sources, int? DefaultMode) : VolumeSource;
