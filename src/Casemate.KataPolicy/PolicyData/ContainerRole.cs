namespace Casemate.KataPolicy;

/// <summary>What kind of container it is, which decides when it may be created.</summary>
public enum ContainerRole
{
    /// <summary>The sandbox's own container (<c>pause</c>). Created first.</summary>
    Pause,

    /// <summary>An init container (<c>init</c>). Created only when all init containers and sidecars before it were.</summary>
    Init,

    /// <summary>An init container that restarts always (<c>sidecar</c>). In the order of init containers; may be created again.</summary>
    Sidecar,

    /// <summary>An ordinary container (<c>app</c>). Created only when all init containers and sidecars were, in any order.</summary>
    App,
}
