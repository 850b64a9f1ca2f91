using System.Collections.Immutable;

namespace Casemate.KataPolicy.Pods;

/// <summary>The parts of a pod's specification that reach the guest. Source: Kubernetes API, core/v1 PodSpec.</summary>
public sealed record PodSpec
{
    /// <summary>The place in the document, such as <c>spec.template.spec</c>.</summary>
    public required string Path { get; init; }

    /// <summary>The init containers in order, restartable ones (sidecars) among them.</summary>
    public ImmutableArray<ContainerSpec> InitContainers { get; init; } = [];

    /// <summary>The containers in order; at least one.</summary>
    public ImmutableArray<ContainerSpec> Containers { get; init; } = [];

    /// <summary>The volumes; a StatefulSet's claim templates are among them as the controller adds them.</summary>
    public ImmutableArray<Volume> Volumes { get; init; } = [];

    /// <summary>The pod's security context; one with every member unset when the document has none.</summary>
    public required PodSecurityContext SecurityContext { get; init; }

    /// <summary><c>hostNetwork</c>, false by default.</summary>
    public bool HostNetwork { get; init; }

    /// <summary><c>hostPID</c>, false by default.</summary>
    public bool HostPid { get; init; }

    /// <summary><c>hostIPC</c>, false by default.</summary>
    public bool HostIpc { get; init; }

    /// <summary><c>hostUsers</c>; null when unset, which means true.</summary>
    public bool? HostUsers { get; init; }

    /// <summary><c>shareProcessNamespace</c>, false by default.</summary>
    public bool ShareProcessNamespace { get; init; }

    /// <summary><c>runtimeClassName</c>, or null.</summary>
    public string? RuntimeClassName { get; init; }

    /// <summary><c>serviceAccountName</c> (or the old <c>serviceAccount</c>); null when unset, which means <c>default</c>.</summary>
    public string? ServiceAccountName { get; init; }

    /// <summary><c>automountServiceAccountToken</c>; null when unset, which leaves it to the service account.</summary>
    public bool? AutomountServiceAccountToken { get; init; }

    /// <summary><c>enableServiceLinks</c>; null when unset, which means true.</summary>
    public bool? EnableServiceLinks { get; init; }

    /// <summary><c>hostname</c>, or null: the pod's name.</summary>
    public string? Hostname { get; init; }

    /// <summary><c>hostnameOverride</c>, or null.</summary>
    public string? HostnameOverride { get; init; }

    /// <summary><c>subdomain</c>, or null.</summary>
    public string? Subdomain { get; init; }

    /// <summary><c>setHostnameAsFQDN</c>, false by default.</summary>
    public bool SetHostnameAsFqdn { get; init; }

    /// <summary><c>nodeName</c>, or null.</summary>
    public string? NodeName { get; init; }

    /// <summary><c>os.name</c>, or null.</summary>
    public string? OperatingSystem { get; init; }

    /// <summary>Resources asked for by the pod as a whole.</summary>
    public required ResourceSpec Resources { get; init; }

    /// <summary>Names of the pod's resource claims (dynamic resource allocation): their devices are known on the node only.</summary>
    public ImmutableArray<NamedValue> ResourceClaims { get; init; } = [];

    /// <summary>Init containers and then containers, in the order in which the kubelet may make them.</summary>
    public IEnumerable<ContainerSpec> AllContainers => InitContainers.Concat(Containers);
}
