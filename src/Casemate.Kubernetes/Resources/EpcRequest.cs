namespace Casemate.Kubernetes;

/// <summary>One request for EPC under one name.</summary>
/// <param name="Family">The name.</param>
/// <param name="Quantity">How many units of it.</param>
public sealed record EpcRequest(ResourceFamily Family, long Quantity);
