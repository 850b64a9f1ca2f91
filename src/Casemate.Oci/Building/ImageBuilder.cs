using System.Globalization;
using Casemate.Oci.Documents;
using Casemate.Oci.Files;
using Casemate.Oci.Layers;

namespace Casemate.Oci.Building;

/// <summary>
/// Builds an image of layers and a configuration, and writes it to a target. The same layers, settings and time give the same digests,
/// on every machine. Not safe for use by several threads.
/// </summary>
public sealed class ImageBuilder
{
    private readonly IImageTarget _target;
    private readonly long _createdSeconds;
    private readonly string? _scratchDirectory;
    private readonly List<Descriptor> _layers = [];
    private readonly List<Digest> _diffIds = [];
    private readonly List<HistoryEntry> _history = [];

    /// <summary>Begins an image.</summary>
    /// <param name="target">Where it goes.</param>
    /// <param name="createdSeconds">When it was made, in seconds since 1970, for all of its times; see <see cref="ReadSourceDateEpoch"/>.</param>
    /// <param name="scratchDirectory">The directory for a layer that is being written; null for the system's.</param>
    public ImageBuilder(IImageTarget target, long createdSeconds = 0, string? scratchDirectory = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentOutOfRangeException.ThrowIfNegative(createdSeconds);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(createdSeconds, DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        (_target, _createdSeconds, _scratchDirectory) = (target, createdSeconds, scratchDirectory);
    }

    /// <summary>The layers so far, the lowest first.</summary>
    public IReadOnlyList<Descriptor> Layers => _layers;

    /// <summary>
    /// Reads the value of the environment variable <c>SOURCE_DATE_EPOCH</c>: seconds since 1970, 0 where it is absent or empty. Source:
    /// reproducible-builds.org, SOURCE_DATE_EPOCH specification 1.1.
    /// </summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static long ReadSourceDateEpoch(string? value) =>
        string.IsNullOrEmpty(value) ? 0
        : long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= uint.MaxValue ? seconds
        : throw new FormatException($"SOURCE_DATE_EPOCH is '{Quoted.Of(value)}': write it as seconds since 1970.");

    /// <summary>Adds a layer with new files.</summary>
    /// <param name="files">The files; see <see cref="LayerBuilder"/>.</param>
    /// <param name="createdBy">What made the layer, for the history.</param>
    /// <param name="compress">True to compress it with gzip.</param>
    /// <param name="cancel">Ends the work.</param>
    /// <exception cref="ArgumentException">The files cannot make a layer.</exception>
    /// <exception cref="OciException">A file cannot be read, or the target cannot be written.</exception>
    public async Task<BuiltLayer> AddLayerAsync(IEnumerable<LayerFile> files, string createdBy, bool compress, CancellationToken cancel)
    {
        await using var scratch = ScratchFile.Create(_scratchDirectory);
        var options = new LayerOptions { Compress = compress, ModifiedSeconds = _createdSeconds };
        BuiltLayer layer;
        try
        {
            layer = await LayerBuilder.WriteAsync(files, scratch, options, cancel).ConfigureAwait(false);
            scratch.Position = 0;
        }
        catch (IOException failure)
        {
            throw new OciException(OciError.Storage, $"A layer cannot be written: {failure.Message}", cause: failure);
        }

        if (!await _target.ExistsAsync(layer.Descriptor, cancel).ConfigureAwait(false))
        {
            await _target.WriteAsync(layer.Descriptor, scratch, cancel).ConfigureAwait(false);
        }

        Add(layer.Descriptor, layer.DiffId, new HistoryEntry { Created = Time(), CreatedBy = createdBy });
        return layer;
    }

    /// <summary>Adds all layers and the history of another image, unchanged, below what comes later.</summary>
    /// <exception cref="OciException">A layer cannot be read or written.</exception>
    public async Task AddBaseAsync(Image image, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(image);
        foreach (var layer in image.Manifest.Layers)
        {
            if (!await _target.ExistsAsync(layer, cancel).ConfigureAwait(false))
            {
                await using var content = await image.Source.OpenAsync(layer, cancel).ConfigureAwait(false);
                await _target.WriteAsync(layer, content, cancel).ConfigureAwait(false);
            }
        }

        // A manifest of the OCI's with layers of Docker's names is refused by some; the content is the same.
        _layers.AddRange(image.Manifest.Layers.Select(layer => layer.MediaType switch
        {
            MediaTypes.DockerLayerGzip => layer with { MediaType = MediaTypes.LayerGzip },
            MediaTypes.DockerLayerZstd => layer with { MediaType = MediaTypes.LayerZstd },
            MediaTypes.DockerLayer => layer with { MediaType = MediaTypes.Layer },
            _ => layer,
        }));
        _diffIds.AddRange(image.Config.DiffIds);
        _history.AddRange(image.Config.History);
    }

    /// <summary>Writes configuration and manifest, tags the image, and completes the target.</summary>
    /// <param name="config">
    /// How containers are started, and labels; layers, history and, where it has none, the time are set here. Null for an empty one for Linux on amd64.
    /// </param>
    /// <param name="annotations">Annotations of the manifest; null for none.</param>
    /// <param name="tag">The tag; null for none.</param>
    /// <param name="cancel">Ends the work.</param>
    /// <returns>The manifest's descriptor.</returns>
    /// <exception cref="OciException">The target cannot be written.</exception>
    public async Task<Descriptor> CompleteAsync(
        ImageConfig? config, IReadOnlyDictionary<string, string>? annotations, string? tag, CancellationToken cancel)
    {
        config ??= new ImageConfig { Platform = Platform.LinuxAmd64, DiffIds = [] };
        config = config with { Created = config.Created ?? Time(), DiffIds = [.. _diffIds], History = [.. _history] };
        var configDescriptor = await WriteAsync(MediaTypes.Config, config.Write(), cancel).ConfigureAwait(false);
        var manifest = new ImageManifest
        {
            Config = configDescriptor,
            Layers = [.. _layers],
            Annotations = annotations ?? new Dictionary<string, string>(),
        };
        var descriptor = await WriteAsync(manifest.MediaType, manifest.Write(), cancel).ConfigureAwait(false);
        if (tag is not null)
        {
            await _target.TagAsync(descriptor with { Platform = config.Platform }, tag, cancel).ConfigureAwait(false);
        }

        await _target.CompleteAsync(cancel).ConfigureAwait(false);
        return descriptor;
    }

    private async Task<Descriptor> WriteAsync(string mediaType, byte[] bytes, CancellationToken cancel)
    {
        var descriptor = Descriptor.Of(mediaType, bytes);
        using var content = new MemoryStream(bytes, writable: false);
        await _target.WriteAsync(descriptor, content, cancel).ConfigureAwait(false);
        return descriptor;
    }

    private void Add(Descriptor layer, Digest diffId, HistoryEntry history)
    {
        _layers.Add(layer);
        _diffIds.Add(diffId);
        _history.Add(history);
    }

    private string Time() =>
        DateTimeOffset.FromUnixTimeSeconds(_createdSeconds).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
