namespace Casemate.Addon;

/// <summary>Whose an SGX plugin is that a cluster has already.</summary>
public enum PluginOrigin
{
    /// <summary>Nobody known: nodes offer the resource, and no plugin that is known here is found.</summary>
    Unknown = 0,

    /// <summary>Intel's SGX device plugin, applied as a DaemonSet.</summary>
    Intel,

    /// <summary>Intel's device plugins operator, which makes that DaemonSet again when it is deleted.</summary>
    IntelOperator,

    /// <summary>AKS's own add-on, <c>confcom</c>.</summary>
    AksConfcom,

    /// <summary>AKS-Engine's device plugin.</summary>
    AksEngine,

    /// <summary>The Open Enclave plugin that AKS-Engine's guide applied.</summary>
    OpenEnclave,
}
