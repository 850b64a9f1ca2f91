namespace Casemate.Node.Enforcement;

/// <summary>Whether the agent sets EPC limits of containers.</summary>
public enum EpcEnforcementMode
{
    /// <summary>Never.</summary>
    Off = 0,

    /// <summary>Where the kernel and the runtime can; nothing is said elsewhere but in the state.</summary>
    Auto,

    /// <summary>The same, and it is a warning where they cannot.</summary>
    On,
}
