using System.Collections.Immutable;

namespace Casemate.KataPolicy.Pods;

/// <summary>A volume that a CSI driver makes for the pod.</summary>
/// <param name="Driver">The driver's name.</param>
/// <param name="ReadOnly"><c>readOnly</c>, false by default.</param>
/// <param name="FileSystem"><c>fsType</c>, or null.</param>
/// <param name="Attributes">The driver's attributes as written.</param>
public sealed record CsiVolume(string Driver, bool ReadOnly, string? FileSystem, ImmutableArray<NamedValue> Attributes) : VolumeSource;
