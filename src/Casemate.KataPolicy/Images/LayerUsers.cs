using Casemate.KataPolicy.Layers;
using Casemate.Oci;
using Casemate.Oci.Layers;
using Casemate.Oci.Tar;
using LayerFile = Casemate.KataPolicy.Layers.LayerFile;

namespace Casemate.KataPolicy.Images;

/// <summary>Looks into a layer for the files that say who users are, without making anything of the rest.</summary>
internal static class LayerUsers
{
    private const string Whiteout = ".wh.";
    private const string Opaque = ".wh..wh..opq";

    /// <summary>Reads a layer to its end, which proves it, and answers what it says about <see cref="LayerRoots.WatchedFiles"/>.</summary>
    /// <exception cref="OciException">It cannot be read, is malformed, or is not the promised one.</exception>
    public static async Task<IReadOnlyList<LayerFile>> ReadAsync(
        IImageSource source, Descriptor layer, Digest diffId, OciLimits limits, CancellationToken cancel)
    {
        var found = LayerRoots.WatchedFiles.ToDictionary(path => path, path => new LayerFile(path, LayerFileState.Absent, default), StringComparer.Ordinal);
        var stored = await source.OpenAsync(layer, cancel).ConfigureAwait(false);
        var reader = await LayerReader.OpenAsync(stored, layer, $"{source.Name}, layer {layer.Digest.Short}", limits, cancel).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.NextAsync(cancel).ConfigureAwait(false) is { } entry)
            {
                if (Normal(entry.Path) is not { } path)
                {
                    continue;
                }

                foreach (var watched in LayerRoots.WatchedFiles)
                {
                    if (await SaysAsync(reader, entry, path, watched, cancel).ConfigureAwait(false) is { } said)
                    {
                        // A whiteout speaks of the layers below: what this layer has itself stands.
                        found[watched] = said.State is LayerFileState.Removed && found[watched].State is not LayerFileState.Absent
                            ? found[watched]
                            : said;
                    }
                }
            }

            await reader.FinishAsync(diffId, cancel).ConfigureAwait(false);
        }

        return [.. LayerRoots.WatchedFiles.Select(path => found[path])];
    }

    /// <summary>The path without '.' and empty components; null when it climbs.</summary>
    internal static string? Normal(string path)
    {
        var parts = path.Split('/').Where(part => part is not ("" or ".")).ToArray();
        return parts.Contains("..") ? null : string.Join('/', parts);
    }

    private static async ValueTask<LayerFile?> SaysAsync(LayerReader reader, TarEntry entry, string path, string watched, CancellationToken cancel)
    {
        var slash = watched.LastIndexOf('/');
        var (directory, name) = (watched[..slash], watched[(slash + 1)..]);
        if (path == watched)
        {
            if (entry.Kind is not TarEntryKind.File)
            {
                return new LayerFile(watched, LayerFileState.NotAFile, default);
            }

            if (entry.Size > LayerFile.MaxBytes)
            {
                return new LayerFile(watched, LayerFileState.TooLarge, default);
            }

            var content = new byte[entry.Size];
            await reader.Content.ReadExactlyAsync(content, cancel).ConfigureAwait(false);
            return new LayerFile(watched, LayerFileState.Present, content);
        }

        if (path == directory && entry.Kind is not TarEntryKind.Directory)
        {
            return new LayerFile(watched, LayerFileState.NotAFile, default);
        }

        return path == $"{directory}/{Whiteout}{name}" || path == $"{Whiteout}{directory}" || path == $"{directory}/{Opaque}" || path == Opaque
            ? new LayerFile(watched, LayerFileState.Removed, default)
            : null;
    }
}
