using Casemate.Kubernetes;

namespace Casemate.Cli.Deploy;

/// <summary>What nodes offer and the sample asks for: with it come the quote helper's sockets.</summary>
/// <param name="Name">What it is asked for by: the name of a resource, or of a class of devices.</param>
/// <param name="Amount">How much of it, as it is written into a manifest.</param>
internal abstract record DeviceOffer(string Name, string Amount)
{
    /// <summary>The EPC that a small enclave asks for, in MiB.</summary>
    protected const int MiB = 10;

    /// <summary>The nodes that take pods.</summary>
    /// <param name="nodes">The cluster's nodes.</param>
    /// <exception cref="KubeException">A node's fields have other types than they should.</exception>
    protected static List<NodeKind> OpenOf(IReadOnlyList<KubeObject> nodes) =>
        [.. nodes.Select(NodeKind.Read).Where(node => !node.Spec.Unschedulable && IsReady(node))];

    private static bool IsReady(NodeKind node) =>
        node.Status.Conditions.Any(condition => condition is { Type: "Ready", Status: "True" });
}
