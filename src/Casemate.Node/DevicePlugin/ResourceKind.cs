namespace Casemate.Node.DevicePlugin;

/// <summary>What a device of a resource gives.</summary>
internal enum ResourceKind
{
    /// <summary>EPC, and the device that makes enclaves.</summary>
    Epc,

    /// <summary>The device that makes enclaves.</summary>
    Enclave,

    /// <summary>The device that gives the provisioning key.</summary>
    Provision,
}
