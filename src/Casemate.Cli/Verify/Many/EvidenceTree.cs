using Casemate.Collateral;
using Casemate.Primitives.Files;

namespace Casemate.Cli.Verify.Many;

/// <summary>
/// The files under a directory: those of a directory first, then its subdirectories, each in the order of their names, so that the
/// same tree always gives the same order. Names with a dot in front are left out; links to directories are not followed.
/// </summary>
internal static class EvidenceTree
{
    /// <summary>How many files one tree may hold.</summary>
    public const int Files = 100_000;

    /// <summary>How deep it may be.</summary>
    public const int Depth = 16;

    /// <summary>Every file, as it is found. What cannot be listed becomes an item that says so.</summary>
    public static IEnumerable<EvidenceItem> Enumerate(string root)
    {
        var count = 0;
        var pending = new Stack<(string Path, int Depth)>([(root, 0)]);
        while (pending.TryPop(out var directory))
        {
            var (files, directories, problem) = List(directory.Path, Files - count);
            if (problem is not null)
            {
                yield return EvidenceItem.Broken(root, problem);
            }

            foreach (var file in files)
            {
                if (++count > Files)
                {
                    yield return EvidenceItem.Broken(root, TooMany(root));
                    yield break;
                }

                yield return new EvidenceItem(file, root, () => Read(file));
            }

            if (directories.Count > 0 && directory.Depth == Depth)
            {
                yield return EvidenceItem.Broken(
                    root, new MalformedInputException(directory.Path, $"holds directories, {Depth} levels below {root}: not read"));
                continue;
            }

            foreach (var subdirectory in directories)
            {
                pending.Push((subdirectory, directory.Depth + 1));
            }
        }
    }

    /// <summary>
    /// The pieces of evidence under a directory, also those that are damaged; stops as soon as there are two, which is all that
    /// the command needs to know.
    /// </summary>
    public static List<EvidenceItem> FirstTwoPieces(string root)
    {
        var pieces = new List<EvidenceItem>();
        foreach (var item in Enumerate(root))
        {
            try
            {
                item.Read();
                pieces.Add(item);
            }
            catch (MalformedInputException exception)
            {
                if (!exception.IsOtherContent)
                {
                    pieces.Add(item);
                }
            }

            if (pieces.Count == 2)
            {
                break;
            }
        }

        return pieces;
    }

    private static EvidenceFile Read(string path)
    {
        long length;
        try
        {
            length = (File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path)).Length;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MalformedInputException(path, $"cannot be read: {exception.Message}", cause: exception);
        }

        // Pipes, sockets and devices have no length, and opening one may wait for ever.
        if (length is 0 or > CollateralLimits.BundleBytes)
        {
            var what = length == 0 ? "is empty or no regular file" : $"larger than {CollateralLimits.BundleBytes / 1024} KiB";
            throw new MalformedInputException(path, what) { IsOtherContent = true };
        }

        var evidence = EvidenceReader.Read(path);
        return evidence.Kind is not EvidenceKind.ImageEndorsement
            ? evidence
            : throw new MalformedInputException(
                path, "is an endorsement of a guest image, not evidence of a machine", "Pass it with --endorsement.")
            {
                IsOtherContent = true,
            };
    }

    private static (List<string> Files, List<string> Directories, MalformedInputException? Problem) List(string directory, int most)
    {
        var files = new List<string>();
        var directories = new List<string>();
        try
        {
            foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
            {
                var path = Path.Combine(directory, entry.Name);
                if (entry.Name.StartsWith('.') || AtomicFile.IsLeftover(path))
                {
                    continue;
                }

                if (!entry.Attributes.HasFlag(FileAttributes.Directory))
                {
                    files.Add(path);
                }
                else if (entry.LinkTarget is null)
                {
                    directories.Add(path);
                }

                if (files.Count > most || directories.Count > Files)
                {
                    break;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return ([], [], new MalformedInputException(directory, $"cannot be listed: {exception.Message}", cause: exception));
        }

        // The stack turns the order of directories around.
        files.Sort(StringComparer.Ordinal);
        directories.Sort((left, right) => string.CompareOrdinal(right, left));
        return (files, directories, null);
    }

    private static MalformedInputException TooMany(string root) =>
        new(root, $"holds more than {Files:N0} files: the rest is not read", "Name its subdirectories one by one.");
}
