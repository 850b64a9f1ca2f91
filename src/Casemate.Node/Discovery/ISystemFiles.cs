namespace Casemate.Node.Discovery;

/// <summary>
/// The small files by which the kernel tells about the machine. Paths are those of the machine: <c>/sys/…</c>, <c>/proc/…</c>,
/// <c>/boot/…</c>.
/// </summary>
public interface ISystemFiles
{
    /// <summary>Reads the beginning of a file. Never throws.</summary>
    /// <param name="path">Absolute path as the machine knows it.</param>
    /// <param name="limit">At most so many bytes are read.</param>
    SystemFile Read(string path, int limit);

    /// <summary>The names in a directory, in ordinal order; none when it is not there or cannot be read.</summary>
    IReadOnlyList<string> List(string path);

    /// <summary>Whether a directory is there.</summary>
    bool HasDirectory(string path);
}
