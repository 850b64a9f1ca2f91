namespace Casemate.Admission;

/// <summary>What can be wrong with a pod that uses SGX. Closed; the names are public API.</summary>
public enum AdmissionFindingId
{
    /// <summary>A container asks for EPC under two names, or as request and limit, and the amounts differ. Always refuses.</summary>
    AmountsDiffer = 0,

    /// <summary>The pod asks for the provisioning device, and its namespace and service account may not have it. Always refuses.</summary>
    ProvisionNotAllowed,

    /// <summary>An amount in bytes is no whole number of pages: most likely MiB were meant.</summary>
    AmountInBytes,

    /// <summary>An amount in MiB has a suffix that multiplies it.</summary>
    AmountWithSuffix,

    /// <summary>An amount is no whole, positive number that Kubernetes takes.</summary>
    AmountUnreadable,

    /// <summary>A resource name looks like one of SGX and is none.</summary>
    UnknownResource,

    /// <summary>The pod needs more EPC than any node that it can reach has.</summary>
    LargerThanNodes,

    /// <summary>No node that the pod can reach offers EPC.</summary>
    NoNodeOffers,

    /// <summary>A privileged container uses EPC.</summary>
    Privileged,

    /// <summary>The pod mounts SGX device nodes of its host.</summary>
    HostDevice,

    /// <summary>The pod runs in a user namespace, where device nodes belong to nobody.</summary>
    UserNamespace,

    /// <summary>The pod quotes through AESM, and no quote helper runs on the nodes that it can reach.</summary>
    QuotesWithoutHelper,

    /// <summary>The annotation about the source of quotes names no container.</summary>
    UnknownQuoteProvider,

    /// <summary>The value of an environment variable is no text.</summary>
    ValueNotText,

    /// <summary>An ephemeral container asks for resources, which Kubernetes refuses.</summary>
    EphemeralResources,

    /// <summary>A field that is needed here has another type than Kubernetes gives it.</summary>
    MalformedPod,
}
