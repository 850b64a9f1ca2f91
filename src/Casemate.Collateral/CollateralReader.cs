using Casemate.Primitives.Files;

namespace Casemate.Collateral;

/// <summary>
/// Reads collateral from files and directories. What a file holds is told by its content: certificates and revocation lists as
/// PEM, DER or hex (several in one PEM file, or URL-encoded as in PCS headers), signed documents of the provisioning service,
/// dcap-qvl's <c>collateral.json</c>, and Casemate's evidence bundles.
/// </summary>
public static class CollateralReader
{
    // What one directory may hold in total, so that 256 files of the largest kind do not add up.
    private const long DirectoryBytes = 64 * 1024 * 1024;

    /// <summary>Reads a file or a directory (not its subdirectories).</summary>
    /// <exception cref="MalformedInputException">Absent, unreadable, damaged, too large, or a file without any collateral.</exception>
    public static CollateralSet Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            return ReadDirectory(path);
        }

        var content = BoundedFile.Read(path, CollateralLimits.BundleBytes);
        return Parse(content, path);
    }

    /// <summary>Reads collateral that is already in memory.</summary>
    /// <param name="content">The content of one file.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="MalformedInputException">Damaged, or without any collateral.</exception>
    public static CollateralSet Parse(ReadOnlyMemory<byte> content, string name)
    {
        var pieces = new CollateralPieces();
        if (!FileSorter.TrySort(content, name, pieces, out var otherwise) || pieces.IsEmpty)
        {
            throw new MalformedInputException(
                name, $"holds no collateral ({(otherwise.Length > 0 ? otherwise : string.Join(", ", pieces.Ignored))})",
                "Collateral is certificates or revocation lists (PEM, DER), signed TCB info or QE identity (JSON), a collateral.json, "
                + "or a bundle.");
        }

        return new CollateralSet(name, pieces);
    }

    /// <summary>Reads every file of one directory; other things than collateral are noted in <see cref="CollateralSet.Ignored"/>.</summary>
    internal static CollateralSet ReadDirectory(string directory)
    {
        var pieces = new CollateralPieces();
        var total = 0L;
        foreach (var file in FilesOf(directory))
        {
            if (!BoundedFile.HasContent(file))
            {
                pieces.Ignored.Add($"{file} (empty or no regular file)");
                continue;
            }

            var content = BoundedFile.Read(file, CollateralLimits.BundleBytes);
            total += content.Length;
            if (total > DirectoryBytes)
            {
                throw new MalformedInputException(directory, $"its files add up to more than {DirectoryBytes / (1024 * 1024)} MiB");
            }

            if (!FileSorter.TrySort(content, file, pieces, out var otherwise))
            {
                pieces.Ignored.Add($"{file} ({otherwise})");
            }
        }

        return new CollateralSet(directory, pieces);
    }

    internal static List<string> FilesOf(string directory)
    {
        try
        {
            // Sorted, so that the same directory always gives the same answer. Names with a dot in front are somebody's bookkeeping.
            var files = Directory.EnumerateFiles(directory)
                .Where(file => !Path.GetFileName(file).StartsWith('.') && !AtomicFile.IsLeftover(file))
                .Take(CollateralLimits.FilesPerDirectory + 1)
                .Order(StringComparer.Ordinal)
                .ToList();
            return files.Count <= CollateralLimits.FilesPerDirectory
                ? files
                : throw new MalformedInputException(
                    directory, $"holds more than {CollateralLimits.FilesPerDirectory} files",
                    "Name a directory that holds collateral only, or the file itself.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MalformedInputException(directory, $"cannot be listed: {exception.Message}", cause: exception);
        }
    }
}
