using Casemate.Kubernetes;

namespace Casemate.Addon;

/// <summary>A node that offers trusted hardware, or has a condition of the agent.</summary>
/// <param name="Name">The Node's name.</param>
/// <param name="Allocatable">What pods may have: EPC and devices of enclaves, by the resource's name, as the server writes it.</param>
/// <param name="Conditions">The node agent's conditions.</param>
public sealed record AddonNode(string Name, IReadOnlyDictionary<string, string> Allocatable, IReadOnlyList<KindCondition> Conditions);
