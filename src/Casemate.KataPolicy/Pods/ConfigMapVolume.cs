using System.Collections.Immutable;

namespace Casemate.KataPolicy.Pods;

/// <summary>The keys of a ConfigMap as files.</summary>
/// <param name="ConfigMap">The ConfigMap's name.</param>
/// <param name="Items">Chosen keys with their paths; empty for all keys.</param>
/// <param name="Optional">True when it may be missing.</param>
/// <param name="DefaultMode">The files' mode, or null for 0644.</param>
public sealed record ConfigMapVolume(string ConfigMap, ImmutableArray<KeyPath> Items, bool Optional, int? DefaultMode) : VolumeSource;
