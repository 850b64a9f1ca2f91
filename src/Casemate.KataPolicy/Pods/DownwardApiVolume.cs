using System.Collections.Immutable;

namespace Casemate.KataPolicy.Pods;

/// <summary>Fields of the pod as files.</summary>
/// <param name="Items">The field (or the resource) with its path.</param>
/// <param name="DefaultMode">The files' mode, or null for 0644.</param>
public sealed record DownwardApiVolume(ImmutableArray<KeyPath> Items, int? DefaultMode) : VolumeSource;
