namespace Casemate.Oci.Layout;

/// <summary>A layout's files in a directory.</summary>
internal sealed class DirectoryFiles(string root, string name) : ILayoutFiles
{
    public string Name => name;

    public Stream? TryOpen(string path)
    {
        // Directories on the way must be real as well. The paths are ours: names of the specification, and digits.
        var directory = root;
        foreach (var part in path.Split('/')[..^1])
        {
            directory = Path.Combine(directory, part);
            if (!Directory.Exists(directory))
            {
                return null;
            }

            NoFollowFile.RequireNoLink(directory);
        }

        return NoFollowFile.TryOpen(Path.Combine(root, path));
    }
}
