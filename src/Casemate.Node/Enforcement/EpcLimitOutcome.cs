namespace Casemate.Node.Enforcement;

/// <summary>What became of a container's EPC limit: a label of metrics.</summary>
internal enum EpcLimitOutcome
{
    /// <summary>It was created with a limit.</summary>
    Set = 0,

    /// <summary>It ran already, and the runtime was asked to give it one.</summary>
    Restored,

    /// <summary>It has an enclave device, and nobody knows how much EPC it asked for.</summary>
    Unknown,

    /// <summary>Its pod's annotation is no amount.</summary>
    Refused,

    /// <summary>The agent failed; it got no limit.</summary>
    Failed,
}
