namespace Casemate.Admission;

/// <summary>One operation of the patch, with its reason.</summary>
/// <param name="Verb">What is done.</param>
/// <param name="Path">Where: a JSON pointer (RFC 6901) into the pod.</param>
/// <param name="Value">The value as JSON; null for <see cref="PatchVerb.Remove"/>.</param>
/// <param name="Change">Why, as a word.</param>
/// <param name="Reason">Why, as a sentence; null for an operation that only prepares another.</param>
public sealed record PatchOperation(PatchVerb Verb, string Path, string? Value, ChangeId Change, string? Reason);
