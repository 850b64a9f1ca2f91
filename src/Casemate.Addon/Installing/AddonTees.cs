using Casemate.Kubernetes;

namespace Casemate.Addon;

/// <summary>What the add-on can do for each kind of trusted hardware, and where it is.</summary>
public static class AddonTees
{
    /// <summary>The word for it on a command line.</summary>
    public static string NameOf(AddonTee tee) => tee switch
    {
        AddonTee.Tdx => "tdx",
        AddonTee.Snp => "snp",
        _ => "sgx",
    };

    /// <summary>Refuses what no manifest offers.</summary>
    /// <param name="tee">The hardware.</param>
    /// <param name="overlay">The kind of cluster.</param>
    /// <exception cref="AddonException">The overlay does not offer that hardware to pods.</exception>
    public static void Check(AddonTee tee, AddonOverlay overlay)
    {
        if (tee is not AddonTee.Sgx && overlay is not AddonOverlay.Dra)
        {
            throw new AddonException(
                $"the overlay '{AddonManifests.NameOf(overlay)}' offers enclaves alone: the device of a guest ({NameOf(tee)}) is offered by "
                    + "Dynamic Resource Allocation",
                "Add --overlay dra, on Kubernetes 1.36 or later.");
        }
    }

    /// <summary>Whether the node agent has found such hardware on a Node and said so there.</summary>
    public static bool IsOn(AddonTee tee, KubeObject node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return tee switch
        {
            AddonTee.Tdx => node.Labels.ContainsKey("casemate.dev/tdx-guest"),
            AddonTee.Snp => node.Labels.ContainsKey("casemate.dev/snp-guest"),
            _ => node.Labels.GetValueOrDefault("sgx.intel.com/capable") == "true" || SgxResources.Of(node, "allocatable").Count > 0,
        };
    }
}
