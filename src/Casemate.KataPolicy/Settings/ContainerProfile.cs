namespace Casemate.KataPolicy.Settings;

/// <summary>What the runtime gives to every container of a kind, whatever the pod says.</summary>
public sealed record ContainerProfile
{
    /// <summary>Where the root file system stands.</summary>
    public string RootPath { get; init; } = "$(root_path)";

    /// <summary>Whether the root file system is read-only; counts for the pause container only.</summary>
    public bool RootReadonly { get; init; }

    /// <summary>Mounts beyond containerd's; a bind without a source comes from the shared directory.</summary>
    public IReadOnlyList<MountPolicy> Mounts { get; init; } = [];

    /// <summary>Annotations that the runtime sets.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>Arguments that are appended where they are missing.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>Variables that are appended where their name is missing.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>The user where the image says 0, and the group where it says 0.</summary>
    public UserPolicy User { get; init; } = new();

    /// <summary>Whether privileges can never be gained; null leaves it to the pod.</summary>
    public bool? NoNewPrivileges { get; init; }

    /// <summary>Masked paths; empty for containerd's.</summary>
    public IReadOnlyList<string> MaskedPaths { get; init; } = [];

    /// <summary>Read-only paths; empty for containerd's.</summary>
    public IReadOnlyList<string> ReadonlyPaths { get; init; } = [];

    /// <summary>Kernel parameters that the runtime sets.</summary>
    public IReadOnlyDictionary<string, string> Sysctl { get; init; } = new Dictionary<string, string>();

    /// <summary>Paths of device nodes that the runtime adds.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];
}
