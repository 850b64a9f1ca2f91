namespace Casemate.Kubernetes;

/// <summary>Names of resources that give a device node and no memory.</summary>
public static class AccessResource
{
    /// <summary>The device that makes enclaves; one device for each pod that may run enclaves at the same time.</summary>
    public const string Enclave = "sgx.intel.com/enclave";

    /// <summary>The device that gives the provisioning key.</summary>
    public const string Provision = "sgx.intel.com/provision";

    /// <summary>What SCONE's charts ask for: the same as <see cref="Enclave"/>.</summary>
    public const string Scone = "sgx.k8s.io/sgx";

    /// <summary>For the one quoting service of a node (aesmd, QGS): both devices; a single one, so that there is no second.</summary>
    public const string QuotingEnclave = "sgx.intel.com/qe";

    /// <summary>For the one that registers the platform with Intel: both devices, and the firmware's variables.</summary>
    public const string Registration = "sgx.intel.com/registration";

    /// <summary>All of them, in the order in which documents list them.</summary>
    public static IReadOnlyList<string> All { get; } = [Enclave, Provision, Scone, QuotingEnclave, Registration];
}
