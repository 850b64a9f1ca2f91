using System.Collections.Immutable;

namespace Casemate.KataPolicy.Pods;

/// <summary>The parts of a container that reach the guest. Source: Kubernetes API, core/v1 Container.</summary>
public sealed record ContainerSpec
{
    /// <summary>The place in the document, such as <c>spec.template.spec.containers[0]</c>.</summary>
    public required string Path { get; init; }

    /// <summary>The container's name.</summary>
    public required string Name { get; init; }

    /// <summary>The image reference as written.</summary>
    public required string Image { get; init; }

    /// <summary>True for an init container.</summary>
    public bool IsInit { get; init; }

    /// <summary>True for an init container with <c>restartPolicy: Always</c>, which runs beside the containers.</summary>
    public bool IsSidecar => IsInit && RestartPolicy is "Always";

    /// <summary><c>restartPolicy</c> of the container, or null.</summary>
    public string? RestartPolicy { get; init; }

    /// <summary><c>imagePullPolicy</c>, or null.</summary>
    public string? ImagePullPolicy { get; init; }

    /// <summary><c>command</c>; null when unset: the image's entry point runs. An empty list counts as unset, as in the kubelet.</summary>
    public ImmutableArray<string>? Command { get; init; }

    /// <summary><c>args</c>; null when unset. An empty list counts as unset, as in the kubelet.</summary>
    public ImmutableArray<string>? Args { get; init; }

    /// <summary><c>workingDir</c>, or null: the image's.</summary>
    public string? WorkingDir { get; init; }

    /// <summary>The variables in order; a later one of the same name wins.</summary>
    public ImmutableArray<EnvVariable> Env { get; init; } = [];

    /// <summary>The sources of whole sets of variables in order; <see cref="Env"/> wins over them, a later one over an earlier.</summary>
    public ImmutableArray<EnvFromSource> EnvFrom { get; init; } = [];

    /// <summary>The mounts in order.</summary>
    public ImmutableArray<VolumeMount> VolumeMounts { get; init; } = [];

    /// <summary>The raw block devices in order.</summary>
    public ImmutableArray<VolumeDevice> VolumeDevices { get; init; } = [];

    /// <summary>The security context; one with every member unset when the document has none.</summary>
    public required ContainerSecurityContext SecurityContext { get; init; }

    /// <summary>The commands of probes and life-cycle hooks, which the kubelet runs inside the container.</summary>
    public ImmutableArray<ExecCommand> ExecCommands { get; init; } = [];

    /// <summary><c>tty</c>, false by default.</summary>
    public bool Tty { get; init; }

    /// <summary><c>stdin</c>, false by default.</summary>
    public bool Stdin { get; init; }

    /// <summary><c>stdinOnce</c>, false by default.</summary>
    public bool StdinOnce { get; init; }

    /// <summary><c>terminationMessagePath</c>; null when unset, which means <c>/dev/termination-log</c>.</summary>
    public string? TerminationMessagePath { get; init; }

    /// <summary><c>terminationMessagePolicy</c>; null when unset, which means <c>File</c>.</summary>
    public string? TerminationMessagePolicy { get; init; }

    /// <summary>Resources asked for.</summary>
    public required ResourceSpec Resources { get; init; }
}
