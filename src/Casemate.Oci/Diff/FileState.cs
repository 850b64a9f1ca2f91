using Casemate.Oci.Files;
using Casemate.Oci.Tar;

namespace Casemate.Oci.Diff;

/// <summary>What is compared of a file. Times are not: they differ between builds that are otherwise the same.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="UserId">The owner's number.</param>
/// <param name="GroupId">The group's number.</param>
/// <param name="Size">The size in bytes; 0 for anything but a file.</param>
/// <param name="Digest">The digest of the content; null for anything but a file.</param>
/// <param name="LinkTarget">Where a symbolic link leads; empty otherwise.</param>
public sealed record FileState(TarEntryKind Kind, int Mode, long UserId, long GroupId, long Size, Digest? Digest, string LinkTarget)
{
    internal static FileState Of(ImageEntry entry) =>
        new(entry.Kind, entry.Mode, entry.UserId, entry.GroupId, entry.Size, entry.ContentDigest, entry.LinkTarget);
}
