namespace Casemate.Addon;

/// <summary>For which kind of cluster the add-on is written.</summary>
public enum AddonOverlay
{
    /// <summary>Any cluster: the device plugin, one name of EPC chosen by its size.</summary>
    Generic,

    /// <summary>Azure Kubernetes Service: as <see cref="Generic"/>, with the labels by which users of its own add-on look for pods.</summary>
    Aks,

    /// <summary>What AKS-Engine's device plugin offered: its name of EPC, the provisioning device with it, its labels.</summary>
    AksEngine,

    /// <summary>Described machines instead of real ones, and simulated quotes: proves nothing, for tests.</summary>
    Simulated,

    /// <summary>Dynamic Resource Allocation instead of the device plugin; Kubernetes 1.36 or later.</summary>
    Dra,
}
