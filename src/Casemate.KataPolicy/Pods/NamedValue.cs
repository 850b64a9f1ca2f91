namespace Casemate.KataPolicy.Pods;

/// <summary>A name with its value, where the order of writing is kept: an annotation, a label, a sysctl, a resource.</summary>
/// <param name="Path">The place in the document.</param>
/// <param name="Name">The name as written.</param>
/// <param name="Value">The value as text: a number keeps the digits it was written with.</param>
public sealed record NamedValue(string Path, string Name, string Value);
