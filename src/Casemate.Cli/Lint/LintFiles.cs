using Casemate.Cli.Run;

namespace Casemate.Cli.Lint;

/// <summary>Finds the files that a command line names: files, and directories with all that is below them.</summary>
internal static class LintFiles
{
    /// <summary>The most files of one directory.</summary>
    public const int MaxFiles = 10_000;

    /// <summary>The deepest directory below the one that is named.</summary>
    public const int MaxDepth = 40;

    private static readonly string[] s_manifests = [".yaml", ".yml", ".json"];

    private static readonly string[] s_texts = [".md", ".sh", ".ps1", ".txt"];

    /// <summary>How a file is looked at, by its name; <c>-</c> is a manifest.</summary>
    public static LintKind KindOf(string path) =>
        path == "-" || s_manifests.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase) ? LintKind.Manifest : LintKind.Text;

    /// <summary>The files in the order in which they are named, those of a directory by name.</summary>
    /// <exception cref="CliException">A directory cannot be read, or has more files than are looked at (exit code 3).</exception>
    public static IReadOnlyList<string> Find(IEnumerable<string> paths)
    {
        var files = new List<string>();
        foreach (var path in paths)
        {
            if (path != "-" && Directory.Exists(path))
            {
                var below = new List<string>();
                Add(path, path, below, 0);
                files.AddRange(below);
            }
            else
            {
                files.Add(path);
            }
        }

        return [.. files.Distinct(StringComparer.Ordinal)];
    }

    // Links to directories are not followed: what they lead to is named by itself, or is where we are.
    private static void Add(string top, string directory, List<string> files, int depth)
    {
        if (depth > MaxDepth)
        {
            throw CliException.BadInput($"{top} has directories more than {MaxDepth} deep", "Name the ones that are meant.");
        }

        List<FileSystemInfo> entries;
        try
        {
            entries = [.. new DirectoryInfo(directory).EnumerateFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal)];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CliException.BadInput($"{directory} cannot be read: {failure.Message}", cause: failure);
        }

        foreach (var entry in entries.Where(entry => !entry.Name.StartsWith('.')))
        {
            var path = Path.Combine(directory, entry.Name);
            if (entry is DirectoryInfo)
            {
                if (entry.LinkTarget is null)
                {
                    Add(top, path, files, depth + 1);
                }
            }
            else if ((s_manifests.Contains(entry.Extension, StringComparer.OrdinalIgnoreCase)
                || s_texts.Contains(entry.Extension, StringComparer.OrdinalIgnoreCase)) && PosixCalls.IsRegularFile(path))
            {
                files.Add(path);
                if (files.Count > MaxFiles)
                {
                    throw CliException.BadInput($"{top} has more than {MaxFiles} files that can be looked at", "Name the ones that are meant.");
                }
            }
        }
    }
}
