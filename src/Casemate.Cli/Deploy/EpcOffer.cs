using Casemate.Kubernetes;

namespace Casemate.Cli.Deploy;

/// <summary>The name under which a cluster's nodes offer EPC, and what a small enclave asks for under it.</summary>
/// <param name="Family">The name.</param>
/// <param name="NeedsEnclave">Whether the device that makes enclaves is asked for beside it: the name is an amount and gives none.</param>
internal sealed record EpcOffer(ResourceFamily Family, bool NeedsEnclave)
    : DeviceOffer(Family.Name, Family.Unit is EpcUnit.Byte ? $"{MiB}Mi" : $"{MiB}")
{
    /// <summary>Chooses the name that most nodes offer.</summary>
    /// <param name="nodes">The cluster's nodes.</param>
    /// <exception cref="CliException">No node that takes pods offers any (exit code 4).</exception>
    /// <exception cref="KubeException">A node's fields have other types than they should.</exception>
    public static EpcOffer Find(IReadOnlyList<KubeObject> nodes)
    {
        var open = OpenOf(nodes);
        return ResourceFamily.All
            .Select(family => (Family: family, Nodes: open.Where(node => Offers(node, family.Name)).ToList()))
            .Where(offer => offer.Nodes.Count > 0)
            .OrderByDescending(offer => offer.Nodes.Count)
            .Select(offer => new EpcOffer(
                offer.Family, offer.Family.Unit is EpcUnit.Byte && offer.Nodes.TrueForAll(node => Offers(node, AccessResource.Enclave))))
            .FirstOrDefault() ?? throw new CliException(
                ExitCode.Unreachable,
                $"no EPC is offered: of {nodes.Count} nodes, {open.Count} ready and open for pods, none has a name of it in its allocatable resources",
                "Nodes show it a few seconds after the agent has started; why one does not, its log says: kubectl -n casemate-node logs "
                + "daemonset/casemate-node.")
            {
                Findings = [.. ResourceFamily.All.Select(family => $"{family.Name}: on no node")],
            };
    }

    private static bool Offers(NodeKind node, string resource) =>
        node.Status.Allocatable.TryGetValue(resource, out var text) && Quantity.TryReadWhole(text, out var amount) && amount > 0;
}
