namespace Casemate.Node.Enforcement;

/// <summary>Whether containers are held to their EPC, and if not, why.</summary>
public enum EpcEnforcementState
{
    /// <summary>The kernel has no EPC controller: limits are scheduling accounting.</summary>
    NoController = 0,

    /// <summary>The kernel could, and enforcement is switched off.</summary>
    Off,

    /// <summary>The kernel could, and the runtime's NRI socket is not there, or nobody behind it does what NRI asks.</summary>
    NoRuntime,

    /// <summary>The runtime asks the agent for the limit of each container that it creates.</summary>
    Active,
}
