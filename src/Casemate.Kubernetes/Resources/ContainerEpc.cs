namespace Casemate.Kubernetes;

/// <summary>What one container asks of EPC.</summary>
/// <param name="Kind">When it runs.</param>
/// <param name="Requests">Its requests under the names of <see cref="ResourceFamily"/>: name and quantity in the name's
/// unit.</param>
public sealed record ContainerEpc(ContainerKind Kind, IReadOnlyList<EpcRequest> Requests);
