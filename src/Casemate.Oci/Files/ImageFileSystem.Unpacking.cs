using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Casemate.Oci.Tar;

namespace Casemate.Oci.Files;

public sealed partial class ImageFileSystem
{
    private const int OwnerAll = 0x1C0;                                    // 0700
    private const int PermissionsAndSticky = 0x3FF;                        // 01777
    private const int Permissions = 0x1FF;                                 // 0777

    /// <summary>
    /// Writes all files to a directory, which appears when everything is there. Owned by the current user; owners, devices and extended
    /// attributes of the image are not made. Directories stay open to their owner, so that they can be removed again.
    /// </summary>
    /// <param name="directory">The directory; it must not exist, or be empty.</param>
    /// <param name="options">How; null for <see cref="UnpackOptions.Default"/>.</param>
    /// <param name="cancel">Ends the work; nothing is left then.</param>
    /// <exception cref="OciException">
    /// <see cref="OciError.MalformedLayer"/>: a device or pipe is in the image; <see cref="OciError.Storage"/>: the directory cannot be written.
    /// </exception>
    public async Task<UnpackReport> UnpackAsync(string directory, UnpackOptions? options, CancellationToken cancel)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var target = Path.GetFullPath(directory);
        var staging = Path.Combine(Path.GetDirectoryName(target) ?? target, ".tmp-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        try
        {
            if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
            {
                throw new OciException(OciError.Storage, $"'{Quoted.Of(directory)}' exists and is not an empty directory");
            }

            var unpacking = new Unpacking(this, options ?? UnpackOptions.Default, staging);
            var report = await unpacking.RunAsync(cancel).ConfigureAwait(false);
            if (Directory.Exists(target))
            {
                Directory.Delete(target);
            }

            Directory.Move(staging, target);
            return report;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new OciException(OciError.Storage, $"'{Quoted.Of(directory)}' cannot be written: {failure.Message}", cause: failure);
        }
        finally
        {
            if (Directory.Exists(staging))
            {
                Directory.Delete(staging, recursive: true);
            }
        }
    }

    // Everything is made new, in a directory that was made new: no path leads through a link, because the tree's directories are
    // directories, and nothing is opened that is already there.
    private sealed partial class Unpacking(ImageFileSystem files, UnpackOptions options, string staging)
    {
        private readonly List<string> _skipped = [];
        private readonly List<string> _rewritten = [];
        private readonly Dictionary<FileContent, string> _written = new(ReferenceEqualityComparer.Instance);
        private long _bytes;

        public async Task<UnpackReport> RunAsync(CancellationToken cancel)
        {
            MakeDirectory(staging);
            var directories = new List<ImageEntry> { files.Root };
            foreach (var entry in files.Entries)
            {
                cancel.ThrowIfCancellationRequested();
                var path = staging + entry.Path;
                switch (entry.Kind)
                {
                    case TarEntryKind.Directory:
                        MakeDirectory(path);
                        directories.Add(entry);
                        break;
                    case TarEntryKind.File:
                        await MakeFileAsync(entry, path, cancel).ConfigureAwait(false);
                        break;
                    case TarEntryKind.SymbolicLink:
                        File.CreateSymbolicLink(path, TextOf(entry));
                        break;
                    default:
                        Skip(entry);
                        break;
                }
            }

            // From the inside out, because what is made in a directory changes its time.
            foreach (var entry in Enumerable.Reverse(directories))
            {
                var path = entry.Parent is null ? staging : staging + entry.Path;
                SetMode(path, (entry.Mode & PermissionsAndSticky) | OwnerAll);
                Directory.SetLastWriteTimeUtc(path, TimeOf(entry));
            }

            return new UnpackReport(_skipped, _rewritten, _bytes);
        }

        private static DateTime TimeOf(ImageEntry entry) =>
            DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(entry.ModifiedSeconds, 0, uint.MaxValue)).UtcDateTime;

        private static void MakeDirectory(string path)
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, (UnixFileMode)OwnerAll);
            }
        }

        private static void SetMode(string path, int mode)
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, (UnixFileMode)mode);
            }
        }

        private async Task MakeFileAsync(ImageEntry entry, string path, CancellationToken cancel)
        {
            // Another name of a file that is there: were it copied, a small image could fill a large disk.
            if (_written.TryGetValue(entry.Content!, out var first) && OperatingSystem.IsLinux())
            {
                if (Link(first, path) != 0)
                {
                    throw new IOException($"A hard link cannot be made: {Marshal.GetLastPInvokeErrorMessage()}");
                }

                return;
            }

            _bytes += entry.Size;
            if (_bytes > files._limits.MaxUnpackedBytes)
            {
                throw new OciException(OciError.LimitExceeded, $"The files of the image have more than {files._limits.MaxUnpackedBytes} bytes");
            }

            await using (var source = files.OpenRead(entry))
            await using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                await source.CopyToAsync(file, cancel).ConfigureAwait(false);
            }

            SetMode(path, entry.Mode & (options.AllowSetUserId ? 0xFFF : Permissions));
            File.SetLastWriteTimeUtc(path, TimeOf(entry));
            _written[entry.Content!] = path;
        }

        private void Skip(ImageEntry entry)
        {
            if (options.SpecialFiles == SpecialFileTreatment.Refuse)
            {
                throw new OciException(
                    OciError.MalformedLayer, $"'{Quoted.Of(entry.Path)}' is a device or a pipe, which is not unpacked", "Ask to skip such files.");
            }

            _skipped.Add(entry.Path);
        }

        private string TextOf(ImageEntry link)
        {
            var target = files._tree.FindTarget(link, out var leavesRoot);

            // A link to nothing, or to itself by many turns, may climb where the search for its target did not come to. It is resolved by
            // its text alone, and stays a link to nothing.
            leavesRoot |= target is null && link.LinkTarget.Split('/').Contains("..");
            if (!leavesRoot || options.Links == LinkTreatment.VerbatimLeadingAnywhere)
            {
                return link.LinkTarget;
            }

            var inside = target?.Path ?? Normalized(link);
            var text = Path.GetRelativePath(Path.GetDirectoryName(link.Path)!, inside);
            if (text != link.LinkTarget)
            {
                _rewritten.Add(link.Path);
            }

            return text;
        }

        private static string Normalized(ImageEntry link) =>
            Path.GetFullPath(Path.Combine(Path.GetDirectoryName(link.Path)!, link.LinkTarget));

        [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        private static partial int Link(string existing, string added);
    }
}
