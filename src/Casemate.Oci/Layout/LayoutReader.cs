using System.Collections.Concurrent;
using Casemate.Oci.Documents;
using Casemate.Oci.Streams;

namespace Casemate.Oci.Layout;

/// <summary>Reads a layout, wherever its files lie. Source: OCI Image Format Specification 1.1, image-layout.md.</summary>
internal sealed class LayoutReader(ILayoutFiles files, OciLimits limits)
{
    private const int MaxLayoutFileBytes = 4096;

    // What manifests are about, by their digest, which holds for ever: to be asked for the referrers of many images, every manifest of
    // the layout is read once.
    private readonly ConcurrentDictionary<Digest, Digest?> _subjects = new();

    /// <summary>Checks that it is a layout of a version that is known.</summary>
    public void RequireLayout()
    {
        if (ReadSmall("oci-layout", MaxLayoutFileBytes) is not { } marker)
        {
            throw new OciException(OciError.NotFound, $"{files.Name} is not an image layout: it has no file 'oci-layout'");
        }

        var version = ObjectReader.Read(marker, MaxLayoutFileBytes, root => root.RequiredText("imageLayoutVersion", 64), out var problem);
        if (version is null || !version.StartsWith("1.", StringComparison.Ordinal))
        {
            throw new OciException(
                OciError.MalformedDocument, $"{files.Name}: 'oci-layout' {(problem is null ? $"names the version {Quoted.Of(version)}" : $"is malformed: {problem}")}");
        }
    }

    /// <summary>Reads the index; an empty one where there is none.</summary>
    public LayoutIndex ReadIndex() =>
        ReadSmall("index.json", limits.MaxManifestBytes) is { } json
            ? LayoutIndex.Parse(json, $"{files.Name}, index.json", limits)
            : LayoutIndex.Empty;

    public Descriptor Resolve(string? tagOrDigest)
    {
        var index = ReadIndex();
        if (tagOrDigest is null)
        {
            var images = Images(index);
            return images.Count == 1 ? images[0] : throw new OciException(
                images.Count == 0 ? OciError.NotFound : OciError.InvalidReference,
                $"{files.Name} holds {(images.Count == 0 ? "no image" : $"{images.Count} images")}",
                images.Count > 0 ? $"Name one of: {Names(images)}." : index.Manifests.Any() ? $"It has: {Names(index.Manifests)}." : null);
        }

        var found = index.Find(tagOrDigest);
        if (found.Count > 0 && found.All(entry => entry.Digest == found[0].Digest))
        {
            return found[0];
        }

        if (found.Count > 1)
        {
            throw new OciException(OciError.MalformedDocument, $"{files.Name} has several images named '{Quoted.Of(tagOrDigest)}'");
        }

        return Digest.TryParse(tagOrDigest, out var digest) && DescribeManifest(digest) is { } descriptor
            ? descriptor
            : throw new OciException(
                OciError.NotFound, $"{files.Name} has no image '{Quoted.Of(tagOrDigest)}'",
                index.Manifests.Any() ? $"It has: {Names(index.Manifests)}." : null);
    }

    public bool Exists(Descriptor descriptor)
    {
        using var stream = files.TryOpen(BlobPath(descriptor.Digest));
        return stream is not null && stream.Length == descriptor.Size;
    }

    public Stream Open(Descriptor descriptor) =>
        new VerifyingStream(
            files.TryOpen(BlobPath(descriptor.Digest)) ?? throw new OciException(OciError.NotFound, $"{files.Name} has no content {descriptor.Digest}"),
            descriptor, files.Name);

    /// <summary>Manifests of the index whose subject is the one asked for, and those that the tag of the fallback scheme lists.</summary>
    public async Task<IReadOnlyList<Descriptor>> ReferrersAsync(Digest subject, string? artifactType, CancellationToken cancel)
    {
        var found = new List<Descriptor>();
        var index = ReadIndex();
        foreach (var entry in index.Find($"{subject.Algorithm}-{subject.Hex}").Where(entry => MediaTypes.IsIndex(entry.MediaType)))
        {
            var bytes = await ReadAsync(entry, cancel).ConfigureAwait(false);
            found.AddRange(ImageIndex.Parse(bytes, $"{files.Name}, referrers of {subject}", limits).Manifests);
        }

        foreach (var entry in index.Manifests.Where(entry => MediaTypes.IsManifest(entry.MediaType)).DistinctBy(entry => entry.Digest))
        {
            if (_subjects.TryGetValue(entry.Digest, out var known) && known != subject)
            {
                continue;
            }

            var bytes = await ReadAsync(entry, cancel).ConfigureAwait(false);
            var manifest = ImageManifest.Parse(bytes, $"{files.Name}, {entry.Digest}", limits);
            _subjects[entry.Digest] = manifest.Subject?.Digest;
            if (manifest.Subject?.Digest == subject)
            {
                found.Add(Described(entry, manifest));
            }
        }

        return [.. found.DistinctBy(entry => entry.Digest).Where(entry => artifactType is null || entry.ArtifactType == artifactType)];
    }

    public static string BlobPath(Digest digest) => $"blobs/{digest.Algorithm}/{digest.Hex}";

    /// <summary>A referrer's descriptor says what kind it is. Source: OCI Distribution Specification 1.1, "Listing Referrers".</summary>
    public static Descriptor Described(Descriptor descriptor, ImageManifest manifest) =>
        new(descriptor.MediaType, descriptor.Digest, descriptor.Size)
        {
            ArtifactType = manifest.ArtifactType ?? manifest.Config.MediaType,
            Annotations = manifest.Annotations,
        };

    private async Task<byte[]> ReadAsync(Descriptor descriptor, CancellationToken cancel)
    {
        if (descriptor.Size > limits.MaxManifestBytes)
        {
            throw new OciException(OciError.LimitExceeded, $"{files.Name}: {descriptor.Digest} has more than {limits.MaxManifestBytes} bytes");
        }

        await using var stream = Open(descriptor);
        return await StreamReading.AllAsync(stream, (int)descriptor.Size, cancel).ConfigureAwait(false);
    }

    // What is not there for the sake of another image. A single entry that somebody named is what is meant, whatever it is.
    private List<Descriptor> Images(LayoutIndex index)
    {
        var named = index.Manifests.Where(entry => !CompanionTag.Is(LayoutIndex.NameOf(entry))).ToList();
        return named.Count == 1 && LayoutIndex.NameOf(named[0]) is not null ? named : named.FindAll(entry => !IsReferrer(entry));
    }

    private bool IsReferrer(Descriptor entry)
    {
        if (entry.Size > limits.MaxManifestBytes || ReadSmall(BlobPath(entry.Digest), limits.MaxManifestBytes) is not { } bytes
            || !entry.Digest.Matches(bytes))
        {
            return false;
        }

        return ImageManifest.TryRead(bytes, out var manifest, out _, limits) ? manifest.Subject is not null
            : ImageIndex.TryRead(bytes, out var list, out _, limits) && list.Subject is not null;
    }

    // A manifest that an index of the layout lists, asked for by its digest.
    private Descriptor? DescribeManifest(Digest digest)
    {
        if (ReadSmall(BlobPath(digest), limits.MaxManifestBytes) is not { } bytes || !digest.Matches(bytes))
        {
            return null;
        }

        return ImageManifest.TryRead(bytes, out var manifest, out _, limits) ? new Descriptor(manifest.MediaType, digest, bytes.Length)
            : ImageIndex.TryRead(bytes, out var index, out _, limits) ? new Descriptor(index.MediaType, digest, bytes.Length)
            : null;
    }

    private byte[]? ReadSmall(string path, int maxBytes)
    {
        using var stream = files.TryOpen(path);
        if (stream is null)
        {
            return null;
        }

        if (stream.Length > maxBytes)
        {
            throw new OciException(OciError.LimitExceeded, $"{files.Name}: '{path}' has {stream.Length} bytes, and {maxBytes} is the limit");
        }

        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static string Names(IEnumerable<Descriptor> entries) =>
        string.Join(", ", entries.Select(entry => Quoted.Of(LayoutIndex.NameOf(entry) ?? entry.Digest.Text)).Take(20));
}
