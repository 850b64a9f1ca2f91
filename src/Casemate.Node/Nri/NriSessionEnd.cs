namespace Casemate.Node.Nri;

/// <summary>How a session ended that did not fail.</summary>
internal enum NriSessionEnd
{
    /// <summary>The runtime closed the connection.</summary>
    ClosedByRuntime = 0,

    /// <summary>Changes are known to containers that were created without them: the next session tells them.</summary>
    LateChanges,
}
