namespace Casemate.Oci.Layout;

/// <summary>Images in one file: a layout in a tar archive. Read in place, nothing is unpacked. Writing: <see cref="OciArchiveTarget"/>.</summary>
public sealed class OciArchive : IImageSource, IDisposable
{
    private readonly TarFiles _files;
    private readonly LayoutReader _reader;

    private OciArchive(TarFiles files, string name, OciLimits limits)
    {
        (_files, Name) = (files, name);
        _reader = new LayoutReader(files, limits);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Every manifest that the index names, with its annotations.</summary>
    public IReadOnlyList<Descriptor> Manifests => [.. _reader.ReadIndex().Manifests];

    /// <summary>Opens an archive.</summary>
    /// <exception cref="OciException">The file cannot be read, or is no archive of a layout.</exception>
    public static async Task<OciArchive> OpenAsync(string path, OciLimits? limits, CancellationToken cancel)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        limits ??= OciLimits.Default;
        var files = await TarFiles.OpenAsync(path, limits, cancel).ConfigureAwait(false);
        var archive = new OciArchive(files, $"oci-archive:{Quoted.Of(path)}", limits);
        try
        {
            archive._reader.RequireLayout();
            return archive;
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<Descriptor> ResolveAsync(string? tagOrDigest, CancellationToken cancel) => Task.FromResult(_reader.Resolve(tagOrDigest));

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(Descriptor descriptor, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        return Task.FromResult(_reader.Open(descriptor));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Descriptor>> ReferrersAsync(Digest subject, string? artifactType, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(subject);
        return _reader.ReferrersAsync(subject, artifactType, cancel);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _files.Dispose();
}
