namespace Casemate.Node.Discovery;

/// <summary>How much a finding matters.</summary>
public enum FindingSeverity
{
    /// <summary>Something of the hardware cannot be used.</summary>
    Error = 0,

    /// <summary>It works, but not as one would expect.</summary>
    Warning,

    /// <summary>Worth knowing.</summary>
    Note,
}
