namespace Casemate.Oci.Tar;

/// <summary>One entry of a tar archive, without its content. Source: POSIX.1-2017, pax, "ustar Interchange Format".</summary>
/// <param name="Path">The path as the archive has it, without a trailing slash; not yet judged: it may be absolute, or climb with "..".</param>
/// <param name="Kind">What it is.</param>
public sealed record TarEntry(string Path, TarEntryKind Kind)
{
    /// <summary>Permission bits with set-user-id, set-group-id and sticky bit: 0 to 0xFFF.</summary>
    public int Mode { get; init; } = Kind switch
    {
        TarEntryKind.Directory => 0x1ED,                                   // 0755
        TarEntryKind.SymbolicLink => 0x1FF,                                // 0777
        _ => 0x1A4,                                                        // 0644
    };

    /// <summary>The owner's number.</summary>
    public long UserId { get; init; }

    /// <summary>The group's number.</summary>
    public long GroupId { get; init; }

    /// <summary>The size of the content in bytes; 0 for anything but a file.</summary>
    public long Size { get; init; }

    /// <summary>The time of modification, in whole seconds since 1970; fractions are cut.</summary>
    public long ModifiedSeconds { get; init; }

    /// <summary>Where a link leads: text for a symbolic link, a path in the archive for a hard link; empty otherwise.</summary>
    public string LinkTarget { get; init; } = "";

    /// <summary>The major number of a device.</summary>
    public int DeviceMajor { get; init; }

    /// <summary>The minor number of a device.</summary>
    public int DeviceMinor { get; init; }

    /// <summary>Extended attributes by name, such as <c>security.capability</c>; empty where there are none.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> ExtendedAttributes { get; init; } = s_none;

    private static readonly IReadOnlyDictionary<string, ReadOnlyMemory<byte>> s_none = new Dictionary<string, ReadOnlyMemory<byte>>();
}
