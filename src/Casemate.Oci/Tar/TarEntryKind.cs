namespace Casemate.Oci.Tar;

/// <summary>What an entry of a tar archive is.</summary>
public enum TarEntryKind
{
    /// <summary>A regular file with content.</summary>
    File = 0,
    /// <summary>Another name for a file that came earlier.</summary>
    HardLink,
    /// <summary>A symbolic link.</summary>
    SymbolicLink,
    /// <summary>A character device.</summary>
    CharacterDevice,
    /// <summary>A block device.</summary>
    BlockDevice,
    /// <summary>A directory.</summary>
    Directory,
    /// <summary>A named pipe.</summary>
    Fifo,
}
