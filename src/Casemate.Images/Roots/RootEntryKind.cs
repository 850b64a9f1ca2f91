namespace Casemate.Images.Roots;

/// <summary>What is at a path of a root file system.</summary>
public enum RootEntryKind
{
    /// <summary>A regular file.</summary>
    File,
    /// <summary>A directory.</summary>
    Directory,
    /// <summary>A symbolic link.</summary>
    Link,
    /// <summary>A device, pipe or socket: never read.</summary>
    Other,
}
