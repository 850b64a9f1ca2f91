using Casemate.Oci.Streams;
using Casemate.Oci.Tar;
using Microsoft.Win32.SafeHandles;

namespace Casemate.Oci.Layout;

/// <summary>The files of a tar archive that lies in a file: found once, then read in place.</summary>
internal sealed class TarFiles : ILayoutFiles, IDisposable
{
    private const int MaxEntries = 65_536;
    private const int MaxLinks = 8;

    private readonly FileStream _file;
    private readonly Dictionary<string, (long Offset, long Size)> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _links = new(StringComparer.Ordinal);

    private TarFiles(FileStream file, string name) => (_file, Name) = (file, name);

    public string Name { get; }

    /// <summary>Finds the files of an archive.</summary>
    /// <exception cref="OciException">The file cannot be read, or is no tar archive.</exception>
    public static async Task<TarFiles> OpenAsync(string path, OciLimits limits, CancellationToken cancel)
    {
        var files = new TarFiles(OpenFile(path), $"'{Quoted.Of(path)}'");
        try
        {
            await files.ScanAsync(limits, cancel).ConfigureAwait(false);
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    public Stream? TryOpen(string path)
    {
        for (var hops = 0; hops < MaxLinks && _links.TryGetValue(path, out var target); hops++)
        {
            path = target;
        }

        return _files.TryGetValue(path, out var found) ? new FileSliceStream(Handle, found.Offset, found.Size, Name) : null;
    }

    public void Dispose() => _file.Dispose();

    private SafeFileHandle Handle => _file.SafeFileHandle;

    private static FileStream OpenFile(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 4096);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new OciException(OciError.NotFound, $"There is no file '{Quoted.Of(path)}'", cause: failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OciException(OciError.Storage, $"'{Quoted.Of(path)}' cannot be read: {failure.Message}", cause: failure);
        }
    }

    private async Task ScanAsync(OciLimits limits, CancellationToken cancel)
    {
        if (_file.ReadByte() == 0x1F && _file.ReadByte() == 0x8B)
        {
            throw new OciException(OciError.Unsupported, $"{Name} is a compressed archive", "Unpack it with gunzip first.");
        }

        _file.Position = 0;
        var bounds = limits with { MaxLayerEntries = MaxEntries, MaxUnpackedBytes = limits.MaxBlobBytes };
        var reader = new TarReader(_file, Name, bounds);
        while (await reader.NextAsync(cancel).ConfigureAwait(false) is { } entry)
        {
            var path = Normalized("", entry.Path);
            var directory = path.Contains('/') ? path[..path.LastIndexOf('/')] : "";
            var added = entry.Kind switch
            {
                TarEntryKind.File => _files.TryAdd(path, (reader.Position - entry.Size, entry.Size)),
                TarEntryKind.SymbolicLink => _links.TryAdd(path, Normalized(directory, entry.LinkTarget)),
                TarEntryKind.HardLink => _links.TryAdd(path, Normalized("", entry.LinkTarget)),
                _ => true,
            };
            if (!added || (_files.ContainsKey(path) && _links.ContainsKey(path)))
            {
                throw new OciException(OciError.MalformedDocument, $"{Name} holds '{Quoted.Of(path)}' twice");
            }
        }
    }

    // Only ever a key of the tables above: it names nothing on this machine.
    private static string Normalized(string directory, string path)
    {
        var parts = new List<string>();
        foreach (var part in (path.StartsWith('/') ? path : directory + "/" + path).Split('/'))
        {
            if (part == ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("" or "." or ".."))
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }
}
