namespace Casemate.Node.Enforcement;

/// <summary>Where the EPC limit of a container comes from.</summary>
internal enum EpcLimitSource
{
    /// <summary>The container has no enclave device and nothing says that it should have EPC: it needs no limit.</summary>
    NoEnclaves = 0,

    /// <summary>It has an enclave device, and nobody knows how much EPC it asked for: it gets no limit.</summary>
    Unknown,

    /// <summary>Something set a limit before us; it stays.</summary>
    SetAlready,

    /// <summary>The devices that the kubelet gave it.</summary>
    Allocation,

    /// <summary>The ResourceClaims that it uses.</summary>
    Claim,

    /// <summary>What its pod holds in all.</summary>
    Pod,

    /// <summary>An annotation of its pod.</summary>
    Annotation,
}
