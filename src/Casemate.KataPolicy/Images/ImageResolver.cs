using System.Collections.Concurrent;
using Casemate.KataPolicy.Images.Containerd;
using Casemate.KataPolicy.Layers;
using Casemate.Oci;
using Casemate.Oci.Documents;
using Casemate.Oci.Layout;

namespace Casemate.KataPolicy.Images;

/// <summary>
/// Finds out about images in registries, layouts and archives. Only what is needed is read, all of it is verified, and what is known by
/// digest is not read again. An image that is asked for twice is looked at once.
/// </summary>
public sealed class ImageResolver : IImageFacts
{
    private const int MaxIndexDepth = 4;
    private const string ContainerdPrefix = "containerd:";

    private readonly ImageResolverOptions _options;
    private readonly IImageFactsCache _cache;
    private readonly LayerRoots _roots;
    private readonly Dictionary<string, string> _locations = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Reference, ImageForm? Form), Lazy<Task<ImageFacts>>> _found = new();

    /// <summary>Makes the resolver.</summary>
    /// <exception cref="OciException">A reference of <see cref="ImageResolverOptions.Locations"/> is none.</exception>
    public ImageResolver(ImageResolverOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _cache = options.Cache ?? NoImageFactsCache.Instance;
        _roots = options.Roots ?? new LayerRoots(null, options.Limits);
        foreach (var (reference, location) in options.Locations)
        {
            _locations[Canonical(ImageReference.Parse(reference))] = location;
        }
    }

    /// <inheritdoc/>
    public Task<ImageFacts> FindAsync(string reference, ImageForm? form, CancellationToken cancel)
    {
        var parsed = ImageReference.Parse(reference);
        return _found.GetOrAdd(
            (Canonical(parsed), form), _ => new Lazy<Task<ImageFacts>>(() => LookAsync(reference, parsed, form, cancel))).Value;
    }

    /// <summary>The reference as a runtime names the image: in full, with a tag, or with a digest and then without its tag.</summary>
    internal static string Canonical(ImageReference reference) =>
        (reference.Digest is { } digest ? reference.At(digest) : reference.WithTag(reference.Tag ?? "latest")).ToString();

    private async Task<ImageFacts> LookAsync(string requested, ImageReference reference, ImageForm? form, CancellationToken cancel)
    {
        var (opened, name) = await OpenAsync(requested, reference, cancel).ConfigureAwait(false);
        try
        {
            var source = new CachedDocuments(opened, _cache, _options.Limits);
            var named = await source.ResolveAsync(name, cancel).ConfigureAwait(false);
            var chosen = await ChooseAsync(source, named, cancel).ConfigureAwait(false);
            if (reference.Digest is { } wanted && wanted != named.Digest && wanted != chosen.Digest)
            {
                throw new OciException(
                    OciError.DigestMismatch, $"{source.Name} has {chosen.Digest}, and the pod asks for {wanted}",
                    "Name the image that the pod asks for, or correct the pod");
            }

            var image = await Image.OpenAsync(source, chosen, _options.Limits, cancel).ConfigureAwait(false);
            if (!image.Config.Platform.Serves(_options.Platform))
            {
                throw new OciException(
                    OciError.Unsupported,
                    $"{source.Name} has an image for {Shown.Of(image.Config.Platform.ToString())}, and the guest's platform is {_options.Platform}",
                    "Name the platform of the guest, or another image");
            }

            var facts = await FactsAsync(requested, reference, named, image, form, cancel).ConfigureAwait(false);
            return facts with { HasMadeManifest = opened is DockerArchive };
        }
        finally
        {
            (opened as IDisposable)?.Dispose();
        }
    }

    // Where the image lies, and what it is called there.
    private async Task<(IImageSource Source, string? Name)> OpenAsync(string requested, ImageReference reference, CancellationToken cancel)
    {
        if (!_locations.TryGetValue(Canonical(reference), out var text))
        {
            text = _options.ContainerdRoot is { } root ? ContainerdPrefix + root : null;
        }

        if (text is not null && text.StartsWith(ContainerdPrefix, StringComparison.Ordinal) && text.Length > ContainerdPrefix.Length)
        {
            return (new ContainerdStore(text[ContainerdPrefix.Length..]), Canonical(reference));
        }

        var location = text is null ? ImageLocation.Of(reference) : ImageLocation.Parse(text);
        if (location.Transport is not ImageTransport.Registry || _options.Registries is not null)
        {
            var source = await location.OpenSourceAsync(_options.Registries, _options.Limits, cancel).ConfigureAwait(false);
            return (source, text is null ? reference.TagOrDigest : location.TagOrDigest);
        }

        // A digest that is kept needs no registry.
        return reference.Digest is not null && _cache.FindDocument(reference.Digest) is not null
            ? (new NoSource(requested), reference.TagOrDigest)
            : throw new OciException(
                OciError.Unsupported, $"the image '{requested}' is not at hand, and registries are not reached from here",
                $"Name a layout or an archive that holds it: --image {requested}=oci:DIRECTORY");
    }

    private async Task<Descriptor> ChooseAsync(IImageSource source, Descriptor descriptor, CancellationToken cancel)
    {
        for (var depth = 0; MediaTypes.IsIndex(descriptor.MediaType); depth++)
        {
            if (depth == MaxIndexDepth)
            {
                throw new OciException(OciError.LimitExceeded, $"{source.Name}: indexes are nested deeper than {MaxIndexDepth} levels");
            }

            var bytes = await Image.ReadBytesAsync(source, descriptor, _options.Limits.MaxManifestBytes, cancel).ConfigureAwait(false);
            var index = ImageIndex.Parse(bytes, $"{source.Name}, {descriptor.Digest}", _options.Limits);
            descriptor = index.Find(_options.Platform) ?? throw new OciException(
                OciError.NotFound, $"{source.Name} has no image for {_options.Platform}",
                "Name the platform of the guest, or another image");
        }

        return descriptor;
    }

    private async Task<ImageFacts> FactsAsync(
        string requested, ImageReference reference, Descriptor named, Image image, ImageForm? form, CancellationToken cancel)
    {
        var (passwd, group, layers) = form is ImageForm.HostTarfsVerity or ImageForm.HostExt4Verity
            ? await RootsAsync(image, form is ImageForm.HostTarfsVerity ? LayerProfile.Tarfs : LayerProfile.Ext4, cancel).ConfigureAwait(
                false)
            : await UsersAsync(image, cancel).ConfigureAwait(false);
        return new ImageFacts
        {
            Requested = requested,
            Reference = reference,
            ManifestDigest = image.Descriptor.Digest,
            IndexDigest = named.Digest == image.Descriptor.Digest ? null : named.Digest,
            ConfigDigest = image.Manifest.Config.Digest,
            DiffIds = [.. image.Config.DiffIds],
            Layers = [.. layers],
            Start = ImageStart.Of(image.Config.Config, passwd.Content.Span, group.Content.Span) with
            {
                Gaps = [.. new[] { passwd, group }.Select(Gap).OfType<string>()],
            },
        };
    }

    private async Task<(WatchedFile Passwd, WatchedFile Group, IEnumerable<ImageLayerPolicy> Layers)> RootsAsync(
        Image image, LayerProfile profile, CancellationToken cancel)
    {
        var layers = await _roots.ComputeAsync(image, profile, _options.Progress, cancel).ConfigureAwait(false);
        return (
            LayerRoots.FileOf(layers, LayerRoots.WatchedFiles[0]), LayerRoots.FileOf(layers, LayerRoots.WatchedFiles[1]),
            layers.Select(layer => new ImageLayerPolicy(layer.ChainId.Hex, layer.Root.RootHash)));
    }

    // From the top, and no further than is needed: whatever lies below a layer that speaks of both files cannot change them.
    private async Task<(WatchedFile Passwd, WatchedFile Group, IEnumerable<ImageLayerPolicy> Layers)> UsersAsync(
        Image image, CancellationToken cancel)
    {
        var said = new WatchedFile?[LayerRoots.WatchedFiles.Count];
        for (var i = image.Manifest.Layers.Count - 1; i >= 0 && Array.Exists(said, file => file is null); i--)
        {
            var diffId = image.Config.DiffIds[i];
            var files = _cache.FindLayer(diffId);
            if (files is null)
            {
                files = await LayerUsers.ReadAsync(image.Source, image.Manifest.Layers[i], diffId, _options.Limits, cancel).ConfigureAwait(
                    false);
                _cache.KeepLayer(diffId, files);
            }

            for (var at = 0; at < said.Length; at++)
            {
                said[at] ??= files[at].State is WatchedFileState.Absent ? null : files[at];
            }
        }

        return (Settled(0), Settled(1), []);

        WatchedFile Settled(int at) => said[at] is { State: not WatchedFileState.Removed } file
            ? file
            : new WatchedFile(LayerRoots.WatchedFiles[at], WatchedFileState.Absent, default);
    }

    private static string? Gap(WatchedFile file) => file.State switch
    {
        WatchedFileState.NotAFile => $"/{file.Path} of the image is a link or no file, and was not read",
        WatchedFileState.TooLarge => $"/{file.Path} of the image has more than {WatchedFile.MaxBytes} bytes, and was not read",
        WatchedFileState.Absent or WatchedFileState.Present or WatchedFileState.Removed => null,
        _ => throw new ArgumentOutOfRangeException(nameof(file)),
    };

    // Stands for a registry that is not reached: whatever is not kept is not there.
    private sealed class NoSource(string name) : IImageSource
    {
        public string Name => name;

        public Task<Descriptor> ResolveAsync(string? tagOrDigest, CancellationToken cancel) => throw Missing();

        public Task<Stream> OpenAsync(Descriptor descriptor, CancellationToken cancel) => throw Missing();

        public Task<IReadOnlyList<Descriptor>> ReferrersAsync(Digest subject, string? artifactType, CancellationToken cancel) =>
            throw Missing();

        private OciException Missing() => new(
            OciError.Unsupported, $"the image '{name}' is not wholly at hand, and registries are not reached from here",
            $"Name a layout or an archive that holds it: --image {name}=oci:DIRECTORY");
    }
}
