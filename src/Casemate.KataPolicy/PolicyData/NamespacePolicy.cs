namespace Casemate.KataPolicy;

/// <summary>One namespace of a container.</summary>
/// <param name="Type">The type: <c>ipc</c>, <c>uts</c>, <c>mount</c>, <c>pid</c>, ….</param>
/// <param name="Path">The path of an existing one; empty for a new one.</param>
public sealed record NamespacePolicy(string Type, string Path = "");
