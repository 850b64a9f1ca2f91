using Casemate.Measurement.Verity;
using Casemate.Oci;
using Casemate.Oci.Layers;

namespace Casemate.KataPolicy.Layers;

public sealed partial class LayerRoots
{
    private async Task<LayerRoot> ComputeAsync(
        Stream stored, Descriptor layer, Digest diffId, string name, LayerProfile profile, IProgress<long>? progress, CancellationToken cancel)
    {
        var files = new WatchedFileCollector();
        var (root, bytes) = profile is LayerProfile.Ext4
            ? await Ext4Async(stored, layer, diffId, name, files, progress, cancel).ConfigureAwait(false)
            : await TarfsAsync(stored, layer, diffId, name, profile, files, progress, cancel).ConfigureAwait(false);
        return new LayerRoot(diffId, profile, root, bytes, files.Finish());
    }

    private async Task<(string Root, long Bytes)> TarfsAsync(
        Stream stored, Descriptor layer, Digest diffId, string name, LayerProfile profile, WatchedFileCollector files, IProgress<long>? progress,
        CancellationToken cancel)
    {
        using var hasher = new VerityHasher(TarfsRoot.Options(profile));
        await using var device = new VerityStream(hasher, progress);
        await using var reader = await LayerReader.OpenAsync(stored, layer, name, _limits, device, cancel).ConfigureAwait(false);
        var tree = new TarfsTree(profile, _limits.MaxTreeBytes, name);
        while (await reader.NextAsync(cancel).ConfigureAwait(false) is { } entry)
        {
            tree.Add(entry, reader.Header, reader.HeaderPosition);
            _ = await files.LookAsync(entry, reader.Content, cancel).ConfigureAwait(false);
        }

        await reader.FinishAsync(diffId, cancel).ConfigureAwait(false);
        new TarfsIndex(tree.Root, profile, reader.UnpackedBytes).Write(device);
        var bytes = hasher.Length;
        return (TarfsRoot.Finish(hasher), bytes);
    }
}
