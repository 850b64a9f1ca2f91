namespace Casemate.Broker;

/// <summary>What was decided on.</summary>
public enum DecisionKind
{
    /// <summary>Whether evidence is accepted and a token issued.</summary>
    Attestation = 0,

    /// <summary>Whether a workload may read a resource.</summary>
    ResourceRead,

    /// <summary>An administrator stored a resource.</summary>
    ResourceWrite,

    /// <summary>An administrator removed a resource.</summary>
    ResourceDelete,
}
