using Casemate.Oci.Documents;
using Casemate.Oci.Layers;
using Casemate.Oci.Streams;
using Casemate.Oci.Tar;

namespace Casemate.Oci.Layout;

/// <summary>
/// Writes images as <c>docker save</c> does: what <c>docker load</c> and <c>ctr images import</c> take. Layers are written
/// uncompressed; the same images give the same bytes. Tags are whole names: <c>app:1</c>.
/// </summary>
public sealed class DockerArchiveTarget : ArchiveTarget
{
    private readonly List<(Descriptor Manifest, ImageReference Name)> _tags = [];

    /// <summary>Begins an archive.</summary>
    /// <param name="path">The file; replaced when the archive is complete.</param>
    /// <param name="limits">What is accepted at most; null for <see cref="OciLimits.Default"/>.</param>
    /// <exception cref="OciException"><see cref="OciError.Storage"/>: nothing can be written beside the file.</exception>
    public DockerArchiveTarget(string path, OciLimits? limits = null)
        : base("docker-archive", path, limits)
    {
    }

    /// <inheritdoc/>
    public override Task TagAsync(Descriptor descriptor, string tag, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        var name = ImageReference.Parse(tag);
        _tags.RemoveAll(entry => SameName(entry.Name, name));
        _tags.Add((descriptor, name));
        return Task.CompletedTask;
    }

    private protected override async Task WriteArchiveAsync(TarWriter tar, CancellationToken cancel)
    {
        var images = _tags.GroupBy(entry => entry.Manifest.Digest)
            .Select(group => (group.First().Manifest, Names: group.Select(entry => entry.Name).ToList())).ToList();
        if (images.Count == 0 && LastManifest is { } last)
        {
            images.Add((last, []));
        }

        var entries = new List<DockerArchiveEntry>();
        var repositories = new SortedDictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (descriptor, names) in images)
        {
            var image = await Image.OpenAsync(Staging, descriptor, Limits, cancel).ConfigureAwait(false);
            var layers = await WriteLayersAsync(tar, image, written, cancel).ConfigureAwait(false);
            var config = image.Manifest.Config.Digest.Hex + ".json";
            await WriteAsync(tar, written, config, image.ConfigBytes, cancel).ConfigureAwait(false);
            entries.Add(new DockerArchiveEntry(config, [.. names.Select(NameOf)], layers));
            foreach (var name in names.Where(_ => layers.Count > 0))
            {
                var repository = $"{name.Registry}/{name.Repository}";
                repositories.TryAdd(repository, []);
                repositories[repository][name.Tag ?? "latest"] = layers[^1][..^".tar".Length];
            }
        }

        await WriteAsync(tar, written, "manifest.json", DockerArchiveEntry.Write(entries), cancel).ConfigureAwait(false);
        await WriteAsync(tar, written, "repositories", Repositories(repositories), cancel).ConfigureAwait(false);
    }

    private static bool SameName(ImageReference a, ImageReference b) => NameOf(a) == NameOf(b);

    private static string NameOf(ImageReference name) => $"{name.Registry}/{name.Repository}:{name.Tag ?? "latest"}";

    // The size of a plain layer stands in front of it, so each layer is unpacked twice: once to learn it and check the digest, once to write.
    private async Task<List<string>> WriteLayersAsync(TarWriter tar, Image image, HashSet<string> written, CancellationToken cancel)
    {
        var names = new List<string>();
        foreach (var (layer, diffId) in image.Manifest.Layers.Zip(image.Config.DiffIds))
        {
            var name = diffId.Hex + ".tar";
            names.Add(name);
            if (!written.Add(name))
            {
                continue;
            }

            var place = $"{Name}, layer {layer.Digest.Short}";
            await using var counted = await Staging.OpenAsync(layer, cancel).ConfigureAwait(false);
            await using var counting = await PlainLayerStream.OpenAsync(counted, place, Limits, copy: null, cancel).ConfigureAwait(false);
            await StreamReading.DrainAsync(counting, cancel).ConfigureAwait(false);
            if (counting.Finish() != diffId)
            {
                throw new OciException(OciError.DigestMismatch, $"{place} does not unpack to {diffId}, which the image's configuration promises");
            }

            await using var stored = await Staging.OpenAsync(layer, cancel).ConfigureAwait(false);
            await using var plain = await PlainLayerStream.OpenAsync(stored, place, Limits, copy: null, cancel).ConfigureAwait(false);
            await tar.WriteAsync(new TarEntry(name, TarEntryKind.File) { Size = counting.Produced }, plain, cancel).ConfigureAwait(false);
        }

        return names;
    }

    private static async Task WriteAsync(TarWriter tar, HashSet<string> written, string name, byte[] bytes, CancellationToken cancel)
    {
        if (written.Add(name))
        {
            using var content = new MemoryStream(bytes);
            await tar.WriteAsync(new TarEntry(name, TarEntryKind.File) { Size = bytes.Length }, content, cancel).ConfigureAwait(false);
        }
    }

    private static byte[] Repositories(SortedDictionary<string, Dictionary<string, string>> repositories) => DocumentWriter.Object(json =>
    {
        foreach (var (repository, tags) in repositories)
        {
            DocumentWriter.Map(json, repository, tags);
        }
    });
}
