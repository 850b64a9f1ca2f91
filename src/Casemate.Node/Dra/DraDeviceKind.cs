namespace Casemate.Node.Dra;

/// <summary>What a device of a ResourceSlice gives; its attribute <c>kind</c>, by which device classes select.</summary>
internal enum DraDeviceKind
{
    /// <summary>EPC of one NUMA node, with the enclave device.</summary>
    Epc = 0,

    /// <summary>The enclave device, without an amount of EPC.</summary>
    Enclave,

    /// <summary>The provisioning device.</summary>
    Provision,

    /// <summary>Reports of an SEV-SNP guest.</summary>
    SnpGuest,

    /// <summary>Reports of a TDX guest.</summary>
    TdxGuest,
}
