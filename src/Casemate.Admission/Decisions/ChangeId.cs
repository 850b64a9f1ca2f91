namespace Casemate.Admission;

/// <summary>Why a pod is changed. The names appear in output and audit annotations.</summary>
public enum ChangeId
{
    /// <summary>A request for EPC is written under the name that the nodes publish.</summary>
    FamilyTranslated = 0,

    /// <summary>Request and limit are made equal, as extended resources must have them.</summary>
    RequestCompleted,

    /// <summary>The container gets the device that makes enclaves.</summary>
    EnclaveAdded,

    /// <summary>SCONE's name for the enclave device is written as the one that the nodes offer.</summary>
    EnclaveTranslated,

    /// <summary>The container gets the provisioning device.</summary>
    ProvisionAdded,

    /// <summary>The container is told to quote through AESM.</summary>
    AesmAddressAdded,

    /// <summary>The container gets the directory of AESM's socket.</summary>
    AesmMountAdded,

    /// <summary>The pod tolerates the taint of nodes with EPC.</summary>
    TolerationAdded,

    /// <summary>The pod says how much EPC it has, which Kata reads.</summary>
    EpcAnnotated,

    /// <summary>The pod says what it had asked for.</summary>
    OriginalRecorded,

    /// <summary>A request becomes a claim.</summary>
    ClaimAdded,
}
