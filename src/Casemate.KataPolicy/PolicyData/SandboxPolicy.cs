namespace Casemate.KataPolicy;

/// <summary>What the sandbox itself may be given.</summary>
public sealed record SandboxPolicy
{
    /// <summary>Storages; each of the request must equal one.</summary>
    public IReadOnlyList<StoragePolicy> Storages { get; init; } =
    [
        new()
        {
            Driver = "ephemeral", Source = "shm", Fstype = "tmpfs", MountPoint = "/run/kata-containers/sandbox/shm",
            Options = ["noexec", "nosuid", "nodev", "mode=1777", "size=67108864"],
        },
    ];
}
