namespace Casemate.KataPolicy.Pods;

/// <summary>A volume of a type that is not known here: no mount of it can be described, so a derivation refuses its use.</summary>
/// <param name="Type">The member's name.</param>
public sealed record UnknownVolume(string Type) : VolumeSource;
