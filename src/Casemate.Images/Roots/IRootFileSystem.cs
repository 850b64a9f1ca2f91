using Casemate.Oci;

namespace Casemate.Images.Roots;

/// <summary>
/// A file system that programs are taken from: a directory, or the merged layers of an image. Paths are absolute inside the root, such as
/// <c>/usr/bin/env</c>. An implementation follows no link: whoever asks resolves links inside the root, one component at a time, and asks
/// only below what it was told is a directory. The root must not change while it is read.
/// </summary>
public interface IRootFileSystem
{
    /// <summary>What is at a path; null when nothing is, or when it must not be looked at.</summary>
    /// <param name="path">Normal form: no <c>.</c>, <c>..</c>, double or trailing slash.</param>
    /// <exception cref="OciException"><see cref="OciError.Storage"/>: the root cannot be read.</exception>
    RootEntry? Look(string path);

    /// <summary>The names in a directory, in ordinal order; empty when it is none.</summary>
    /// <param name="path">Normal form.</param>
    /// <exception cref="OciException"><see cref="OciError.Storage"/>: the root cannot be read.</exception>
    IReadOnlyList<string> List(string path);

    /// <summary>Opens a regular file for reading from its start.</summary>
    /// <param name="path">Normal form, of an entry that is a <see cref="RootEntryKind.File"/>.</param>
    /// <exception cref="OciException"><see cref="OciError.Storage"/>: it cannot be read.</exception>
    Stream Open(string path);
}
