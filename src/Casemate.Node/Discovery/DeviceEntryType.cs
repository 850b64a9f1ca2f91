namespace Casemate.Node.Discovery;

/// <summary>What an entry of <c>/dev</c> is.</summary>
public enum DeviceEntryType
{
    /// <summary>A socket, a pipe: nothing of interest.</summary>
    Other = 0,

    /// <summary>A character device.</summary>
    Character,

    /// <summary>A block device.</summary>
    Block,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    Link,

    /// <summary>An ordinary file.</summary>
    File,
}
