using Casemate.Kubernetes;

namespace Casemate.Addon;

/// <summary>Which overlay fits a cluster, by what its nodes say of themselves.</summary>
/// <param name="Overlay">The overlay.</param>
/// <param name="Why">By what it was chosen; the end of a sentence.</param>
public sealed record ClusterKind(AddonOverlay Overlay, string Why)
{
    // Source: "Reserved labels for Azure Kubernetes Service". AKS-Engine sets the role as well, and neither of the others.
    private static readonly string[] s_ofAks = ["kubernetes.azure.com/mode", "kubernetes.azure.com/node-image-version"];
    private const string AzureRole = "kubernetes.azure.com/role";

    /// <summary>Judges the nodes of a cluster. Dynamic Resource Allocation and simulation are for people to choose.</summary>
    /// <param name="nodes">All Nodes.</param>
    public static ClusterKind Of(IReadOnlyList<KubeObject> nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        if (nodes.FirstOrDefault(node => s_ofAks.Any(node.Labels.ContainsKey)) is { } aks)
        {
            return new ClusterKind(
                AddonOverlay.Aks, $"node {aks.Name} has the label {s_ofAks.First(aks.Labels.ContainsKey)}, which AKS sets");
        }

        return nodes.FirstOrDefault(node => node.Labels.ContainsKey(AzureRole)) is { } engine
            ? new ClusterKind(
                AddonOverlay.AksEngine, $"node {engine.Name} has the label {AzureRole} and none that AKS alone sets, as with AKS-Engine")
            : new ClusterKind(AddonOverlay.Generic, "no node has a label of AKS or AKS-Engine");
    }
}
