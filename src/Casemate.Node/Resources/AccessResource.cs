namespace Casemate.Node.Resources;

/// <summary>Names of resources that give a device node and no memory.</summary>
public static class AccessResource
{
    /// <summary>The device that makes enclaves; one device for each pod that may run enclaves at the same time.</summary>
    public const string Enclave = "sgx.intel.com/enclave";

    /// <summary>The device that gives the provisioning key.</summary>
    public const string Provision = "sgx.intel.com/provision";
}
