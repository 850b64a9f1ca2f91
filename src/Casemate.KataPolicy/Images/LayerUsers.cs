using Casemate.KataPolicy.Layers;
using Casemate.Oci;
using Casemate.Oci.Layers;

namespace Casemate.KataPolicy.Images;

/// <summary>Looks into a layer for the files that say who users are, without making anything of the rest.</summary>
internal static class LayerUsers
{
    /// <summary>Reads a layer to its end, which proves it, and answers what it says about <see cref="LayerRoots.WatchedFiles"/>.</summary>
    /// <exception cref="OciException">It cannot be read, is malformed, or is not the promised one.</exception>
    public static async Task<IReadOnlyList<WatchedFile>> ReadAsync(
        IImageSource source, Descriptor layer, Digest diffId, OciLimits limits, CancellationToken cancel)
    {
        var collector = new WatchedFileCollector();
        var stored = await source.OpenAsync(layer, cancel).ConfigureAwait(false);
        var reader = await LayerReader.OpenAsync(
            stored, layer, $"{source.Name}, layer {layer.Digest.Short}", limits, cancel).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.NextAsync(cancel).ConfigureAwait(false) is { } entry)
            {
                _ = await collector.LookAsync(entry, reader.Content, cancel).ConfigureAwait(false);
            }

            await reader.FinishAsync(diffId, cancel).ConfigureAwait(false);
        }

        return collector.Finish();
    }
}
