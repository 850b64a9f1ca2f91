using Casemate.Oci;

namespace Casemate.KataPolicy.Images;

/// <summary>A source of images whose small documents are kept by digest, so that what was read once is not fetched again.</summary>
internal sealed class CachedDocuments(IImageSource source, IImageFactsCache cache, OciLimits limits) : IImageSource
{
    public string Name => source.Name;

    public async Task<Descriptor> ResolveAsync(string? tagOrDigest, CancellationToken cancel) =>
        Digest.TryParse(tagOrDigest, out var digest) && Find(digest) is var (mediaType, content)
            ? new Descriptor(mediaType, digest, content.Length)
            : await source.ResolveAsync(tagOrDigest, cancel).ConfigureAwait(false);

    public async Task<Stream> OpenAsync(Descriptor descriptor, CancellationToken cancel)
    {
        if (!IsDocument(descriptor) || descriptor.Size > Math.Max(limits.MaxConfigBytes, limits.MaxManifestBytes))
        {
            return await source.OpenAsync(descriptor, cancel).ConfigureAwait(false);
        }

        if (Find(descriptor.Digest) is var (_, kept) && kept.Length == descriptor.Size)
        {
            return new MemoryStream(kept, writable: false);
        }

        var content = new byte[descriptor.Size];
        var stream = await source.OpenAsync(descriptor, cancel).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var read = await stream.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false);

            // The last read, which answers the end, is the one that checks the digest.
            if (read != content.Length || await stream.ReadAsync(new byte[1], cancel).ConfigureAwait(false) != 0
                || !descriptor.Digest.Matches(content))
            {
                throw new OciException(OciError.DigestMismatch, $"{source.Name}: {descriptor.Digest} is not what its descriptor promises");
            }
        }

        cache.KeepDocument(descriptor.Digest, descriptor.MediaType, content);
        return new MemoryStream(content, writable: false);
    }

    public Task<IReadOnlyList<Descriptor>> ReferrersAsync(Digest subject, string? artifactType, CancellationToken cancel) =>
        source.ReferrersAsync(subject, artifactType, cancel);

    private static bool IsDocument(Descriptor descriptor) =>
        MediaTypes.IsIndex(descriptor.MediaType) || MediaTypes.IsManifest(descriptor.MediaType)
        || descriptor.MediaType is MediaTypes.Config or MediaTypes.DockerConfig;

    private (string MediaType, byte[] Content)? Find(Digest digest) =>
        cache.FindDocument(digest) is { } kept && digest.Matches(kept.Content) ? kept : null;
}
