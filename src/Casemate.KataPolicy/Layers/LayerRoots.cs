using System.Text;
using Casemate.Oci;

namespace Casemate.KataPolicy.Layers;

/// <summary>
/// Computes the dm-verity roots of layers as they stream in: nothing is stored, every digest is checked, and small files that say who
/// users are come along in the same pass.
/// </summary>
public sealed partial class LayerRoots
{
    private readonly ILayerRootCache? _cache;
    private readonly OciLimits _limits;

    /// <summary>Makes the computation.</summary>
    /// <param name="cache">What was computed before; null to compute always.</param>
    /// <param name="limits">What is read at most; null for <see cref="OciLimits.Default"/>.</param>
    public LayerRoots(ILayerRootCache? cache = null, OciLimits? limits = null) => (_cache, _limits) = (cache, limits ?? OciLimits.Default);

    /// <summary>The files whose content is kept: <c>etc/passwd</c> and <c>etc/group</c>.</summary>
    public static IReadOnlyList<string> WatchedFiles { get; } = ["etc/passwd", "etc/group"];

    /// <summary>Computes the root of one layer.</summary>
    /// <param name="source">Where the layer lies.</param>
    /// <param name="layer">The layer as the manifest lists it.</param>
    /// <param name="diffId">The digest of its plain archive, as the configuration lists it; it must be that.</param>
    /// <param name="profile">How the block device is made.</param>
    /// <param name="progress">Is told the bytes that came out of the layer so far; null for none.</param>
    /// <param name="cancel">Ends the work.</param>
    /// <exception cref="OciException">The layer cannot be read, is malformed, too large, or not the promised one.</exception>
    /// <exception cref="LayerException">It is well-formed and cannot become such a block device.</exception>
    public async Task<LayerRoot> ComputeAsync(
        IImageSource source, Descriptor layer, Digest diffId, LayerProfile profile, IProgress<long>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(diffId);
        if (_cache is not null && await _cache.FindAsync(diffId, profile, cancel).ConfigureAwait(false) is { } known)
        {
            return known;
        }

        progress?.Report(0);
        await using var stored = await source.OpenAsync(layer, cancel).ConfigureAwait(false);
        var computed = await ComputeAsync(stored, layer, diffId, $"{source.Name}, layer {layer.Digest}", profile, progress, cancel).ConfigureAwait(false);
        if (_cache is not null)
        {
            await _cache.KeepAsync(computed, cancel).ConfigureAwait(false);
        }

        return computed;
    }

    /// <summary>Computes the roots of all layers of an image, the lowest first.</summary>
    /// <param name="image">The image.</param>
    /// <param name="profile">How the block devices are made.</param>
    /// <param name="progress">Is told how far the work is; null for none.</param>
    /// <param name="cancel">Ends the work.</param>
    /// <exception cref="OciException">A layer cannot be read, is malformed, too large, or not the promised one.</exception>
    /// <exception cref="LayerException">A layer is well-formed and cannot become such a block device.</exception>
    public async Task<IReadOnlyList<ImageLayer>> ComputeAsync(
        Image image, LayerProfile profile, IProgress<LayerStep>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var layers = new List<ImageLayer>(image.Manifest.Layers.Count);
        Digest? chain = null;
        for (var i = 0; i < image.Manifest.Layers.Count; i++)
        {
            var (descriptor, diffId) = (image.Manifest.Layers[i], image.Config.DiffIds[i]);
            chain = chain is null ? diffId : Chain(chain, diffId);
            var (number, count) = (i + 1, image.Manifest.Layers.Count);
            var worked = false;
            var bytes = progress is null ? null : new Relay(done =>
            {
                worked = true;
                progress.Report(new LayerStep(number, count, diffId, done, Done: false, FromCache: false));
            });
            var root = await ComputeAsync(image.Source, descriptor, diffId, profile, bytes, cancel).ConfigureAwait(false);
            progress?.Report(new LayerStep(number, count, diffId, root.DeviceBytes, Done: true, FromCache: !worked));
            layers.Add(new ImageLayer(descriptor, chain, root));
        }

        return layers;
    }

    /// <summary>What an image has at a path: the answer of the highest layer that says something about it.</summary>
    /// <param name="layers">All layers of the image, the lowest first.</param>
    /// <param name="path">One of <see cref="WatchedFiles"/>.</param>
    /// <returns>The file; <see cref="WatchedFileState.Absent"/> when no layer has it, or the highest that speaks of it removes it.</returns>
    public static WatchedFile FileOf(IReadOnlyList<ImageLayer> layers, string path)
    {
        ArgumentNullException.ThrowIfNull(layers);
        var said = layers.Reverse().Select(layer => layer.Root.Files.FirstOrDefault(file => file.Path == path))
            .FirstOrDefault(file => file is { State: not WatchedFileState.Absent });
        return said is null or { State: WatchedFileState.Removed } ? new WatchedFile(path, WatchedFileState.Absent, default) : said;
    }

    private static Digest Chain(Digest below, Digest diffId) => Digest.Of(Encoding.ASCII.GetBytes($"{below} {diffId}"));

    private sealed class Relay(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
