namespace Casemate.KataPolicy;

/// <summary>One container of the pod.</summary>
public sealed record ContainerPolicy
{
    /// <summary>The container's name in the pod; <c>pause</c> for the pause container. Casemate's own; in denials and
    /// explanations.</summary>
    public required string Name { get; init; }

    /// <summary>What kind of container it is, which decides when it may be created. Casemate's own.</summary>
    public required ContainerRole Role { get; init; }

    /// <summary>The image that must be run; null when the policy does not bind it. Casemate's own.</summary>
    public ContainerImage? Image { get; init; }

    /// <summary>The container's OCI specification.</summary>
    public required OciPolicy Oci { get; init; }

    /// <summary>Storages for volumes. Storages of the image are not among them: they follow from <see cref="Image"/>.</summary>
    public IReadOnlyList<StoragePolicy> Storages { get; init; } = [];

    /// <summary>Devices that are given to the container.</summary>
    public IReadOnlyList<DevicePolicy> Devices { get; init; } = [];

    /// <summary>Whether the container lives in the sandbox's process namespace (<c>shareProcessNamespace</c>).</summary>
    public bool SandboxPidns { get; init; }

    /// <summary>Commands of probes and life-cycle hooks, each an argument list.</summary>
    public IReadOnlyList<IReadOnlyList<string>> ExecCommands { get; init; } = [];

    /// <summary>Annotations that the runtime adds: a pattern of the key to a pattern of the value. Both are matched whole.</summary>
    public IReadOnlyDictionary<string, string> RuntimeAnnotationPatterns { get; init; } = new Dictionary<string, string>();
}
