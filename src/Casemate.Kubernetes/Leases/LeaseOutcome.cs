namespace Casemate.Kubernetes;

/// <summary>What one attempt to have the Lease came to.</summary>
internal enum LeaseOutcome
{
    /// <summary>It is not known: the server did not answer, or refused.</summary>
    Unclear = 0,

    /// <summary>Another holds it, and may be alive.</summary>
    OfAnother,

    /// <summary>It is held by this program.</summary>
    Held,
}
