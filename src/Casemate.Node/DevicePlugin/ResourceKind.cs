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

    /// <summary>The device that makes enclaves, under the name that SCONE's charts ask for.</summary>
    Scone,

    /// <summary>Both devices, for the one quoting service.</summary>
    QuotingEnclave,

    /// <summary>Both devices and the firmware's variables, for the one registration service.</summary>
    Registration,
}
