namespace Casemate.Kubernetes;

/// <summary>One change of a document, as a person would make it in the text.</summary>
/// <param name="Verb">What is done.</param>
/// <param name="Path">Where: <c>spec.containers[0].resources.limits['sgx.intel.com/epc']</c>.</param>
/// <param name="Value">The new value as JSON (<see cref="ManifestEditVerb.Set"/>), or the new name; empty when something is removed.</param>
public sealed record ManifestEdit(ManifestEditVerb Verb, string Path, string Value = "");
