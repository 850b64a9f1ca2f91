namespace Casemate.Kubernetes;

/// <summary>The answer to a question about permissions.</summary>
/// <param name="IsAllowed">True only when the server allows it.</param>
/// <param name="Reason">Why, as the server says it; may be empty.</param>
public sealed record KubeAccess(bool IsAllowed, string Reason);
