using Casemate.Primitives.Files;

namespace Casemate.Node.Dra;

/// <summary>The CDI specifications of claims: one file each, in the directory that the container runtime reads.</summary>
internal sealed class CdiFiles(DraSettings settings)
{
    private const string Prefix = "casemate.dev-sgx-";
    private const string Suffix = ".json";

    /// <summary>The path of a claim's file.</summary>
    public string PathOf(string uid) => Path.Combine(settings.CdiDirectory, Prefix + uid + Suffix);

    /// <summary>True when a claim has its file.</summary>
    public bool Exists(string uid) => File.Exists(PathOf(uid));

    /// <summary>Writes a claim's file; one that is there with the same content stays as it is.</summary>
    /// <exception cref="IOException">It cannot be written; nothing is half there.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written; nothing is half there.</exception>
    public void Write(string uid, byte[] content)
    {
        var path = PathOf(uid);
        if (File.Exists(path) && new FileInfo(path).Length == content.Length && File.ReadAllBytes(path).AsSpan().SequenceEqual(content))
        {
            return;
        }

        Directory.CreateDirectory(settings.CdiDirectory);
        settings.Write(path, content);
    }

    /// <summary>Removes a claim's file; one that is not there is as good.</summary>
    /// <exception cref="IOException">It is still there.</exception>
    /// <exception cref="UnauthorizedAccessException">It is still there.</exception>
    public void Remove(string uid)
    {
        if (Directory.Exists(settings.CdiDirectory))
        {
            AtomicFile.Delete(PathOf(uid));
        }
    }

    /// <summary>
    /// Clears what an interrupted write left. The directory has other users: only names of exactly our form go.
    /// </summary>
    public void RemoveLeftovers()
    {
        if (!Directory.Exists(settings.CdiDirectory))
        {
            return;
        }

        foreach (var path in Directory.EnumerateFiles(settings.CdiDirectory, ".tmp-*").Where(IsOurs).ToList())
        {
            File.Delete(path);
        }

        static bool IsOurs(string path) =>
            AtomicFile.IsLeftover(path) && Path.GetFileName(path) is { Length: 21 } name
                && name.AsSpan(5).IndexOfAnyExcept("0123456789abcdef") < 0;
    }

    /// <summary>The UIDs of the claims that have a file. Files of others in the same directory are passed over.</summary>
    public IReadOnlyList<string> Uids() => !Directory.Exists(settings.CdiDirectory) ? [] :
    [
        .. Directory.EnumerateFiles(settings.CdiDirectory, Prefix + "*" + Suffix)
            .Select(path => Path.GetFileName(path)[Prefix.Length..^Suffix.Length]).Where(DraNames.IsUid),
    ];
}
