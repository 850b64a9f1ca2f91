using System.Security.Cryptography;
using Casemate.Oci.Documents;
using Casemate.Oci.Layers;
using Casemate.Oci.Streams;

namespace Casemate.Oci.Layout;

/// <summary>
/// Images in one file as <c>docker save</c> writes them. Such a file has no manifests: one is made up for each image, whose layers are
/// named by the digests that the configuration lists. Writing: <see cref="DockerArchiveTarget"/>.
/// </summary>
public sealed class DockerArchive : IImageSource, IDisposable
{
    private readonly TarFiles _files;
    private readonly OciLimits _limits;
    private readonly List<(Descriptor Manifest, IReadOnlyList<string> Tags)> _images = [];
    private readonly Dictionary<Digest, byte[]> _manifests = [];
    private readonly Dictionary<Digest, string> _paths = [];

    private DockerArchive(TarFiles files, string name, OciLimits limits) => (_files, Name, _limits) = (files, name, limits);

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The names of all images of the archive.</summary>
    public IReadOnlyList<string> Tags => [.. _images.SelectMany(image => image.Tags)];

    /// <summary>Opens an archive.</summary>
    /// <exception cref="OciException">The file cannot be read, or is no archive of images.</exception>
    public static async Task<DockerArchive> OpenAsync(string path, OciLimits? limits, CancellationToken cancel)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        limits ??= OciLimits.Default;
        var files = await TarFiles.OpenAsync(path, limits, cancel).ConfigureAwait(false);
        var archive = new DockerArchive(files, $"docker-archive:{Quoted.Of(path)}", limits);
        try
        {
            await archive.ReadAsync(cancel).ConfigureAwait(false);
            return archive;
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<Descriptor> ResolveAsync(string? tagOrDigest, CancellationToken cancel)
    {
        var found = tagOrDigest is null ? _images
            : _images.Where(image => image.Manifest.Digest.Text == tagOrDigest || image.Tags.Any(tag => SameName(tag, tagOrDigest))).ToList();
        return found.Count == 1 ? Task.FromResult(found[0].Manifest) : throw new OciException(
            found.Count == 0 ? OciError.NotFound : OciError.InvalidReference,
            tagOrDigest is null ? $"{Name} holds {_images.Count} images" : $"{Name} has {(found.Count == 0 ? "no image" : "several images")} '{Quoted.Of(tagOrDigest)}'",
            Tags.Count > 0 ? $"It has: {string.Join(", ", Tags.Take(20).Select(Quoted.Of))}." : null);
    }

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(Descriptor descriptor, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        var content = _manifests.TryGetValue(descriptor.Digest, out var manifest) ? new MemoryStream(manifest, writable: false)
            : _paths.TryGetValue(descriptor.Digest, out var path) ? _files.TryOpen(path) : null;
        return Task.FromResult<Stream>(new VerifyingStream(
            content ?? throw new OciException(OciError.NotFound, $"{Name} has no content {descriptor.Digest}"), descriptor, Name));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Descriptor>> ReferrersAsync(Digest subject, string? artifactType, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<Descriptor>>([]);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _files.Dispose();

    private static bool SameName(string tag, string wanted) =>
        tag == wanted || (ImageReference.TryParse(tag, out var a, out _) && ImageReference.TryParse(wanted, out var b, out _)
            && a.Registry == b.Registry && a.Repository == b.Repository && a.TagOrDigest == b.TagOrDigest);

    private async Task ReadAsync(CancellationToken cancel)
    {
        var json = await ReadFileAsync("manifest.json", _limits.MaxManifestBytes, cancel).ConfigureAwait(false);
        if (!DockerArchiveEntry.TryRead(json, out var entries, out var problem, _limits))
        {
            throw new OciException(OciError.MalformedDocument, $"{Name}, manifest.json: {problem}");
        }

        foreach (var entry in entries)
        {
            var configBytes = await ReadFileAsync(entry.Config, _limits.MaxConfigBytes, cancel).ConfigureAwait(false);
            var config = ImageConfig.Parse(configBytes, $"{Name}, {Quoted.Of(entry.Config)}", _limits);
            if (config.DiffIds.Count != entry.Layers.Count)
            {
                throw new OciException(
                    OciError.MalformedDocument, $"{Name}: an image has {entry.Layers.Count} layers, and its configuration lists {config.DiffIds.Count}");
            }

            var layers = new List<Descriptor>();
            foreach (var (path, diffId) in entry.Layers.Zip(config.DiffIds))
            {
                layers.Add(await DescribeAsync(path, diffId, cancel).ConfigureAwait(false));
            }

            var configDescriptor = Descriptor.Of(MediaTypes.Config, configBytes);
            _paths[configDescriptor.Digest] = entry.Config;
            var manifest = new ImageManifest { Config = configDescriptor, Layers = layers }.Write();
            var descriptor = Descriptor.Of(MediaTypes.Manifest, manifest) with { Platform = config.Platform };
            _manifests[descriptor.Digest] = manifest;
            _images.Add((descriptor, entry.RepoTags));
        }
    }

    // A plain layer is the one whose digest the configuration lists; whether that is true, reading it shows. Of a compressed one the
    // digest has to be found out.
    private async Task<Descriptor> DescribeAsync(string path, Digest diffId, CancellationToken cancel)
    {
        await using var layer = Open(path);
        var magic = new byte[LayerCompressions.MagicBytes];
        var read = await layer.ReadAtLeastAsync(magic, magic.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
        var compression = LayerCompressions.Of(magic.AsSpan(0, read));
        if (compression != LayerCompression.None)
        {
            layer.Position = 0;
            var digest = Digest.FromSha256(await SHA256.HashDataAsync(layer, cancel).ConfigureAwait(false));
            _paths[digest] = path;
            var mediaType = compression == LayerCompression.Gzip ? MediaTypes.LayerGzip : MediaTypes.LayerZstd;
            return new Descriptor(mediaType, digest, layer.Length);
        }

        _paths[diffId] = path;
        return new Descriptor(MediaTypes.Layer, diffId, layer.Length);
    }

    private async Task<byte[]> ReadFileAsync(string path, int maxBytes, CancellationToken cancel)
    {
        await using var stream = Open(path);
        return stream.Length <= maxBytes
            ? await StreamReading.AllAsync(stream, (int)stream.Length, cancel).ConfigureAwait(false)
            : throw new OciException(OciError.LimitExceeded, $"{Name}: '{Quoted.Of(path)}' has {stream.Length} bytes, and {maxBytes} is the limit");
    }

    private Stream Open(string path) =>
        _files.TryOpen(path) ?? throw new OciException(OciError.NotFound, $"{Name} has no file '{Quoted.Of(path)}'");
}
