namespace Casemate.KataPolicy.Settings;

/// <summary>
/// What a runtime does to every pod, so that a policy can describe the requests that its agent will see. Immutable data: built-in profiles
/// are in <see cref="BuiltInProfiles"/>, and a user's settings file is read onto one with <see cref="GenpolicySettings"/>.
/// </summary>
public sealed record RuntimeProfile
{
    /// <summary>The name, such as <c>kata-snp</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for, in one sentence.</summary>
    public required string Description { get; init; }

    /// <summary>Where the values come from.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>How layers reach the guest; null when the host mounts them and nothing binds the content.</summary>
    public ImageForm? ImageForm { get; init; }

    /// <summary>Paths, patterns and lists, with the accepted versions of the OCI specification, the usual one first.</summary>
    public CommonPolicy Common { get; init; } = new();

    /// <summary>Storages of the sandbox.</summary>
    public SandboxPolicy Sandbox { get; init; } = new();

    /// <summary>Requests that are allowed only as far as they are written down.</summary>
    public RequestDefaults RequestDefaults { get; init; } = new();

    /// <summary>Patterns of devices in requests.</summary>
    public DevicesPolicy Devices { get; init; } = new();

    /// <summary>Devices that are passed through.</summary>
    public VfioProfile Vfio { get; init; } = new();

    /// <summary>The image of the pause container.</summary>
    public string PauseImage { get; init; } = BuiltInProfiles.PauseImage;

    /// <summary>How the pause container gets its groups.</summary>
    public PauseUserRule PauseUserRule { get; init; }

    /// <summary>What an <c>emptyDir</c> becomes that is not in memory.</summary>
    public EmptyDirForm EmptyDirForm { get; init; }

    /// <summary>Whether ConfigMaps and Secrets come with a storage of their own.</summary>
    public bool ConfigMapStorages { get; init; }

    /// <summary>What the runtime gives to the pause container.</summary>
    public ContainerProfile Pause { get; init; } = BuiltInProfiles.PauseContainer;

    /// <summary>What the runtime gives to every other container.</summary>
    public ContainerProfile Workload { get; init; } = BuiltInProfiles.WorkloadContainer;

    /// <summary>An <c>emptyDir</c> of the form <see cref="EmptyDirForm.SharedFs"/> or <see cref="EmptyDirForm.Local"/>.</summary>
    public VolumeProfile EmptyDir { get; init; } = BuiltInProfiles.SharedEmptyDir;

    /// <summary>An <c>emptyDir</c> in memory.</summary>
    public VolumeProfile MemoryEmptyDir { get; init; } = BuiltInProfiles.MemoryEmptyDir;

    /// <summary>A ConfigMap or Secret.</summary>
    public VolumeProfile ConfigMap { get; init; } = BuiltInProfiles.ConfigMap;

    /// <summary>A volume that the image's configuration asks for.</summary>
    public VolumeProfile ImageVolume { get; init; } = BuiltInProfiles.ImageVolume;

    /// <summary>
    /// Destinations of the profile's mounts that every container has; others count only where the pod mounts something there.
    /// </summary>
    public IReadOnlyList<string> MountDestinations { get; init; } = BuiltInProfiles.Destinations;
}
