namespace Casemate.KataPolicy;

/// <summary>
/// One storage that the agent prepares. Each must be in the request: once, or at most as often as mounts of the container lead to it.
/// </summary>
public sealed record StoragePolicy
{
    /// <summary>The driver: <c>ephemeral</c>, <c>local</c>, <c>blk</c>, <c>scsi</c>, ….</summary>
    public required string Driver { get; init; }

    /// <summary>Options of the driver; exact.</summary>
    public IReadOnlyList<string> DriverOptions { get; init; } = [];

    /// <summary>The source: exact, or a pattern when it begins with <c>^</c>. Of block devices only the form is checked.</summary>
    public string Source { get; init; } = "";

    /// <summary>The type of file system; exact.</summary>
    public string Fstype { get; init; } = "";

    /// <summary>Options of the mount; exact.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>Where the agent mounts it: exact, a pattern when it begins with <c>^</c>, or <c>$(spath)/$(b64_device_id)</c>.</summary>
    public required string MountPoint { get; init; }

    /// <summary>The group that owns the files; null for none.</summary>
    public FsGroupPolicy? FsGroup { get; init; }

    /// <summary>Whether several containers use it; absent from requests of older agents, which counts as false.</summary>
    public bool Shared { get; init; }
}
