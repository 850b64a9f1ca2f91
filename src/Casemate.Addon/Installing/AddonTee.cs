namespace Casemate.Addon;

/// <summary>Which trusted hardware an installation is for.</summary>
public enum AddonTee
{
    /// <summary>Enclaves of Intel SGX: offered by the device plugin, and by Dynamic Resource Allocation.</summary>
    Sgx = 0,

    /// <summary>Nodes that are trust domains of Intel TDX: their device is offered by Dynamic Resource Allocation alone.</summary>
    Tdx,

    /// <summary>Nodes that are guests of AMD SEV-SNP: their device is offered by Dynamic Resource Allocation alone.</summary>
    Snp,
}
