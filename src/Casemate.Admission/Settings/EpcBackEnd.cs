namespace Casemate.Admission;

/// <summary>What a request for EPC becomes.</summary>
public enum EpcBackEnd
{
    /// <summary>An extended resource under the name that the nodes publish.</summary>
    Resource = 0,

    /// <summary>A claim of Dynamic Resource Allocation, for nodes whose agent runs with DRA.</summary>
    Claim,
}
