using Casemate.Oci.Documents;
using Casemate.Oci.Streams;

namespace Casemate.Oci;

/// <summary>One image of a source: its manifest and configuration, read and verified; its layers still where they are.</summary>
/// <param name="Source">Where it was read from.</param>
/// <param name="Descriptor">The manifest's descriptor.</param>
/// <param name="Manifest">The manifest.</param>
/// <param name="Config">The configuration.</param>
/// <param name="ManifestBytes">The manifest as it is stored, which is what its digest is of.</param>
/// <param name="ConfigBytes">The configuration as it is stored.</param>
public sealed record Image(
    IImageSource Source, Descriptor Descriptor, ImageManifest Manifest, ImageConfig Config, byte[] ManifestBytes, byte[] ConfigBytes)
{
    private const int MaxIndexDepth = 4;

    /// <summary>Finds an image by its name in a source, and by the platform where the name means an index.</summary>
    /// <param name="source">Where to look.</param>
    /// <param name="tagOrDigest">A tag or digest; null for the only image of the source.</param>
    /// <param name="platform">The platform to choose from an index; null for <see cref="Platform.LinuxAmd64"/>.</param>
    /// <param name="limits">What is read at most; null for <see cref="OciLimits.Default"/>.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="OciException">There is no such image, or it is malformed.</exception>
    public static async Task<Image> FindAsync(
        IImageSource source, string? tagOrDigest, Platform? platform, OciLimits? limits, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(source);
        limits ??= OciLimits.Default;
        platform ??= Platform.LinuxAmd64;
        var descriptor = await source.ResolveAsync(tagOrDigest, cancel).ConfigureAwait(false);
        for (var depth = 0; MediaTypes.IsIndex(descriptor.MediaType); depth++)
        {
            if (depth == MaxIndexDepth)
            {
                throw new OciException(OciError.LimitExceeded, $"{source.Name}: indexes are nested deeper than {MaxIndexDepth} levels");
            }

            var bytes = await ReadBytesAsync(source, descriptor, limits.MaxManifestBytes, cancel).ConfigureAwait(false);
            var index = ImageIndex.Parse(bytes, $"{source.Name}, {descriptor.Digest}", limits);
            descriptor = index.Find(platform) ?? throw new OciException(
                OciError.NotFound, $"{source.Name} has no image for {Quoted.Of(platform.ToString())}",
                $"It has: {string.Join(", ", index.Manifests.Select(entry => Quoted.Of(entry.Platform?.ToString())).Where(text => text.Length > 0).Take(20))}.");
        }

        return await OpenAsync(source, descriptor, limits, cancel).ConfigureAwait(false);
    }

    /// <summary>Reads the image that a manifest's descriptor points to.</summary>
    /// <exception cref="OciException">It is not there, is malformed, or is no image but an index.</exception>
    public static async Task<Image> OpenAsync(IImageSource source, Descriptor descriptor, OciLimits? limits, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(descriptor);
        limits ??= OciLimits.Default;
        if (!MediaTypes.IsManifest(descriptor.MediaType))
        {
            throw new OciException(
                OciError.Unsupported, $"{source.Name}: {descriptor.Digest} is '{Quoted.Of(descriptor.MediaType)}', and not the manifest of one image",
                "Choose an image for one platform.");
        }

        var manifestBytes = await ReadBytesAsync(source, descriptor, limits.MaxManifestBytes, cancel).ConfigureAwait(false);
        var manifest = ImageManifest.Parse(manifestBytes, $"{source.Name}, {descriptor.Digest}", limits);
        if (manifest.Config.MediaType is not (MediaTypes.Config or MediaTypes.DockerConfig))
        {
            throw new OciException(
                OciError.Unsupported,
                $"{source.Name}: {descriptor.Digest} is an artifact of the kind '{Quoted.Of(manifest.ArtifactType ?? manifest.Config.MediaType)}', and not an image");
        }

        var configBytes = await ReadBytesAsync(source, manifest.Config, limits.MaxConfigBytes, cancel).ConfigureAwait(false);
        var config = ImageConfig.Parse(configBytes, $"{source.Name}, {manifest.Config.Digest}", limits);
        return config.DiffIds.Count == manifest.Layers.Count
            ? new Image(source, descriptor, manifest, config, manifestBytes, configBytes)
            : throw new OciException(
                OciError.MalformedDocument,
                $"{source.Name}: {descriptor.Digest} has {manifest.Layers.Count} layers, and its configuration lists {config.DiffIds.Count}");
    }

    /// <summary>Reads a small content whole, verified.</summary>
    /// <param name="source">Where it lies.</param>
    /// <param name="descriptor">The content.</param>
    /// <param name="maxBytes">The size that is accepted at most, checked before anything is allocated.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="OciException">It is not there, too large, or not what its descriptor promises.</exception>
    public static async Task<byte[]> ReadBytesAsync(IImageSource source, Descriptor descriptor, int maxBytes, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(descriptor);
        if (descriptor.Size > maxBytes)
        {
            throw new OciException(OciError.LimitExceeded, $"{source.Name}: {descriptor.Digest} has {descriptor.Size} bytes, and {maxBytes} is the limit");
        }

        await using var stream = await source.OpenAsync(descriptor, cancel).ConfigureAwait(false);
        return await StreamReading.AllAsync(stream, (int)descriptor.Size, cancel).ConfigureAwait(false);
    }
}
