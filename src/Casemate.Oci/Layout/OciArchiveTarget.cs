using Casemate.Oci.Tar;

namespace Casemate.Oci.Layout;

/// <summary>Writes a layout in a tar archive; the same images give the same bytes.</summary>
public sealed class OciArchiveTarget : ArchiveTarget
{
    private bool _tagged;

    /// <summary>Begins an archive.</summary>
    /// <param name="path">The file; replaced when the archive is complete.</param>
    /// <param name="limits">What is accepted at most; null for <see cref="OciLimits.Default"/>.</param>
    /// <exception cref="OciException"><see cref="OciError.Storage"/>: nothing can be written beside the file.</exception>
    public OciArchiveTarget(string path, OciLimits? limits = null)
        : base("oci-archive", path, limits)
    {
    }

    /// <inheritdoc/>
    public override async Task TagAsync(Descriptor descriptor, string tag, CancellationToken cancel)
    {
        await Staging.TagAsync(descriptor, tag, cancel).ConfigureAwait(false);
        _tagged = true;
    }

    private protected override async Task WriteArchiveAsync(TarWriter tar, CancellationToken cancel)
    {
        if (!_tagged && LastManifest is { } last)
        {
            await Staging.AddAsync(last, cancel).ConfigureAwait(false);
        }

        await tar.WriteAsync(new TarEntry("blobs", TarEntryKind.Directory), null, cancel).ConfigureAwait(false);
        foreach (var algorithm in Directory.GetDirectories(Path.Combine(StagingPath, "blobs")).Order(StringComparer.Ordinal))
        {
            var directory = "blobs/" + Path.GetFileName(algorithm);
            await tar.WriteAsync(new TarEntry(directory, TarEntryKind.Directory), null, cancel).ConfigureAwait(false);
            foreach (var blob in Directory.GetFiles(algorithm).Order(StringComparer.Ordinal))
            {
                await WriteFileAsync(tar, directory + "/" + Path.GetFileName(blob), blob, cancel).ConfigureAwait(false);
            }
        }

        foreach (var file in (string[])["index.json", "oci-layout"])
        {
            await WriteFileAsync(tar, file, Path.Combine(StagingPath, file), cancel).ConfigureAwait(false);
        }
    }

    private static async Task WriteFileAsync(TarWriter tar, string name, string path, CancellationToken cancel)
    {
        await using var content = File.OpenRead(path);
        await tar.WriteAsync(new TarEntry(name, TarEntryKind.File) { Size = content.Length }, content, cancel).ConfigureAwait(false);
    }
}
