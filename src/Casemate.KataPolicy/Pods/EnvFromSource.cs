namespace Casemate.KataPolicy.Pods;

/// <summary>Every key of a ConfigMap or a Secret as variables.</summary>
/// <param name="Path">The place in the document.</param>
/// <param name="IsSecret">True for a Secret, false for a ConfigMap.</param>
/// <param name="Name">The name of the ConfigMap or Secret.</param>
/// <param name="Prefix">What stands before each key; empty when unset.</param>
/// <param name="Optional">True when nothing is added where it does not exist.</param>
public sealed record EnvFromSource(string Path, bool IsSecret, string Name, string Prefix, bool Optional);
