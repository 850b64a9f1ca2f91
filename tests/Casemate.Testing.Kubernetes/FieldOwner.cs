namespace Casemate.Testing.Kubernetes;

/// <summary>A writer of fields.</summary>
internal sealed record FieldOwner(string Manager, string Operation, string Subresource);
