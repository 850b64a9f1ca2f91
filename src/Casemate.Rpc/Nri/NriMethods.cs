namespace Casemate.Rpc.Nri;

/// <summary>Paths of the methods of the Node Resource Interface that the agent calls and serves.</summary>
public static class NriMethods
{
    /// <summary>Served by the runtime: a plugin makes itself known.</summary>
    public const string RegisterPlugin = "/nri.pkg.api.v1alpha1.Runtime/RegisterPlugin";

    /// <summary>Served by the plugin: who the runtime is; the answer says which events the plugin wants.</summary>
    public const string Configure = "/nri.pkg.api.v1alpha1.Plugin/Configure";

    /// <summary>Served by the plugin: what is there already.</summary>
    public const string Synchronize = "/nri.pkg.api.v1alpha1.Plugin/Synchronize";

    /// <summary>Served by the plugin: the runtime is about to stop.</summary>
    public const string Shutdown = "/nri.pkg.api.v1alpha1.Plugin/Shutdown";

    /// <summary>Served by the plugin: a container is about to be created.</summary>
    public const string CreateContainer = "/nri.pkg.api.v1alpha1.Plugin/CreateContainer";
}
