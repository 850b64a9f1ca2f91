using System.Text.Json.Nodes;

namespace Casemate.Testing.Kubernetes;

/// <summary>One change of an object: what a watch tells.</summary>
/// <param name="Version">The resource version.</param>
/// <param name="Type">ADDED, MODIFIED or DELETED.</param>
/// <param name="Collection">The list's path without a namespace, such as <c>api/v1/nodes</c>.</param>
/// <param name="Object">The object after the change.</param>
internal sealed record StoredChange(long Version, string Type, string Collection, JsonObject Object);
