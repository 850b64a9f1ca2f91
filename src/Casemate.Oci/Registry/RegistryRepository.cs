using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Oci.Registry;

/// <summary>One repository of a registry: images are read from it and written to it. Made by <see cref="RegistryClient"/>.</summary>
public sealed partial class RegistryRepository : IResumableImageSource, IMountingImageTarget
{
    private static readonly string[] s_manifestTypes = [MediaTypes.Index, MediaTypes.Manifest, MediaTypes.DockerManifestList,
        MediaTypes.DockerManifest];

    // All pages of a list together, as many times what a manifest may have: entries may carry annotations of any length.
    private const int MaxListFactor = 16;

    private readonly RegistryHttp _http;
    private readonly Uri _root;
    private readonly ConcurrentDictionary<Digest, Uri> _offered = new();

    internal RegistryRepository(RegistryHttp http, ImageReference reference)
    {
        (_http, Reference) = (http, reference);
        _root = new Uri(RegistryAddress.Of(reference.Registry, http.Options), $"{reference.Repository}/");
    }

    /// <summary>The reference that the repository was opened with.</summary>
    public ImageReference Reference { get; }

    /// <inheritdoc/>
    public string Name => $"{Reference.Registry}/{Reference.Repository}";

    private OciLimits Limits => _http.Options.Limits;

    /// <inheritdoc/>
    public async Task<Descriptor> ResolveAsync(string? tagOrDigest, CancellationToken cancel)
    {
        var wanted = tagOrDigest ?? Reference.TagOrDigest;
        var digest = Digest.TryParse(wanted, out var parsed) ? parsed : null;
        if (digest is null)
        {
            _ = Reference.WithTag(wanted);                                // Refuses what is no tag, before it becomes part of an address.
        }

        return await HeadAsync(wanted, digest, cancel).ConfigureAwait(false)
            ?? (await GetManifestAsync(wanted, digest, cancel).ConfigureAwait(false)).Descriptor;
    }

    /// <summary>Reads the manifest or index that a tag or digest names.</summary>
    /// <returns>Its descriptor and its bytes, which have the descriptor's digest.</returns>
    /// <exception cref="OciException">There is none, it is too large, or the registry cannot be read.</exception>
    public Task<(Descriptor Descriptor, byte[] Content)> GetManifestAsync(string tagOrDigest, CancellationToken cancel)
    {
        if (!Digest.TryParse(tagOrDigest, out var digest))
        {
            _ = Reference.WithTag(tagOrDigest);
        }

        return GetManifestAsync(tagOrDigest, digest, cancel);
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenAsync(Descriptor descriptor, CancellationToken cancel)
    {
        if (IsDocument(descriptor))
        {
            if (descriptor.Size > Limits.MaxManifestBytes)
            {
                throw TooLarge(descriptor, Limits.MaxManifestBytes);
            }

            var (found, content) = await GetManifestAsync(descriptor.Digest.Text, descriptor.Digest, cancel).ConfigureAwait(false);
            return found.Size == descriptor.Size
                ? new MemoryStream(content, writable: false)
                : throw new OciException(
                    OciError.DigestMismatch, $"{Name}@{descriptor.Digest} has {found.Size:N0} bytes, its descriptor promises {descriptor.Size:N0}");
        }

        return await OpenBlobAsync(descriptor, null, cancel).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<Stream> OpenRestAsync(Descriptor descriptor, Stream part, CancellationToken cancel) =>
        OpenBlobAsync(descriptor, part, cancel);

    /// <summary>Lists the tags of the repository, in the registry's order.</summary>
    /// <exception cref="OciException">There is no such repository, or there are more than
    /// <see cref="RegistryOptions.MaxListed"/>.</exception>
    public async Task<IReadOnlyList<string>> TagsAsync(CancellationToken cancel)
    {
        var tags = new List<string>();
        await foreach (var page in PagesAsync(new Uri(_root, "tags/list"), [], cancel).ConfigureAwait(false))
        {
            ReadTags(page, tags);
        }

        return tags;
    }

    private static bool IsDocument(Descriptor descriptor) =>
        MediaTypes.IsIndex(descriptor.MediaType) || MediaTypes.IsManifest(descriptor.MediaType);

    private RegistryRequest Ask(HttpMethod method, Uri address, string actions) =>
        new(method, address, Reference.Registry, Reference.Repository) { Scopes = [$"repository:{Reference.Repository}:{actions}"] };

    private Uri Manifest(string tagOrDigest) => new(_root, $"manifests/{tagOrDigest}");

    private Uri Blob(Digest digest) => new(_root, $"blobs/{digest}");

    private async Task<Stream> OpenBlobAsync(Descriptor descriptor, Stream? part, CancellationToken cancel)
    {
        if (descriptor.Size > Limits.MaxBlobBytes)
        {
            throw TooLarge(descriptor, Limits.MaxBlobBytes);
        }

        var hash = IncrementalHash.CreateHash(descriptor.Digest.HashName);
        try
        {
            var there = part is null ? 0 : await HashAsync(part, hash, descriptor, cancel).ConfigureAwait(false);
            return await RegistryBlobStream.OpenAsync(
                _http, Ask(HttpMethod.Get, Blob(descriptor.Digest), "pull"), descriptor, hash, there, cancel).ConfigureAwait(false);
        }
        catch
        {
            hash.Dispose();
            throw;
        }
    }

    private static async Task<long> HashAsync(Stream part, IncrementalHash hash, Descriptor descriptor, CancellationToken cancel)
    {
        var buffer = new byte[64 * 1024];
        long length = 0;
        while (await part.ReadAsync(buffer, cancel).ConfigureAwait(false) is > 0 and var count)
        {
            hash.AppendData(buffer, 0, count);
            length += count;
            if (length > descriptor.Size)
            {
                throw new OciException(
                    OciError.DigestMismatch, $"what is there of {descriptor.Digest.Short} is longer than its {descriptor.Size:N0} bytes");
            }
        }

        return length;
    }

    // Null where the answer does not say enough, as with some registries that answer HEAD without a digest.
    private Task<Descriptor?> HeadAsync(string wanted, Digest? digest, CancellationToken cancel)
    {
        var request = Ask(HttpMethod.Head, Manifest(wanted), "pull") with { Accept = s_manifestTypes, Manifest = wanted };
        return _http.SendAsync<Descriptor?>(
            request,
            async response =>
            {
                if (response.StatusCode is not HttpStatusCode.OK)
                {
                    // The reason stands in the body, which an answer to HEAD has none of.
                    return response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Unauthorized
                        ? throw await _http.FailureAsync(response, request, cancel).ConfigureAwait(false)
                        : null;
                }

                if (response.Content.Headers.ContentLength is not { } size
                    || response.Content.Headers.ContentType?.MediaType is not { } type
                    || !response.Headers.TryGetValues("Docker-Content-Digest", out var values)
                    || !Digest.TryParse(values.First(), out var said)
                    || (!MediaTypes.IsIndex(type) && !MediaTypes.IsManifest(type)))
                {
                    return null;
                }

                var found = new Descriptor(type, said, size);
                return digest is not null && digest != said ? throw Other(wanted, said)
                    : size > Limits.MaxManifestBytes ? throw TooLarge(found, Limits.MaxManifestBytes)
                    : found;
            },
            cancel);
    }

    private Task<(Descriptor Descriptor, byte[] Content)> GetManifestAsync(string wanted, Digest? digest, CancellationToken cancel)
    {
        var request = Ask(HttpMethod.Get, Manifest(wanted), "pull") with { Accept = s_manifestTypes, Manifest = wanted };
        return _http.SendAsync(
            request,
            async response =>
            {
                if (response.StatusCode is not HttpStatusCode.OK)
                {
                    throw await _http.FailureAsync(response, request, cancel).ConfigureAwait(false);
                }

                var content = await _http.ReadAsync(response, Limits.MaxManifestBytes, cancel).ConfigureAwait(false);
                if (digest is not null && !digest.Matches(content))
                {
                    throw Other(wanted, Digest.Of(content));
                }

                // Without a digest in the question, the registry's own claim is what the answer must keep.
                if (digest is null && response.Headers.TryGetValues("Docker-Content-Digest", out var values)
                    && Digest.TryParse(values.First(), out var said) && !said.Matches(content))
                {
                    throw Other(wanted, Digest.Of(content));
                }

                var type = response.Content.Headers.ContentType?.MediaType;
                if (!MediaTypes.IsIndex(type) && !MediaTypes.IsManifest(type))
                {
                    throw new OciException(
                        OciError.UnexpectedResponse, $"{RegistryAddress.Show(request.Address)} is '{Quoted.Of(type)}', which is no manifest or index");
                }

                return (new Descriptor(type!, digest ?? Digest.Of(content), content.Length), content);
            },
            cancel);
    }

    private OciException Other(string wanted, Digest actual) => new(
        OciError.DigestMismatch, $"{RegistryAddress.Show(Manifest(wanted))} is not what it is named or announced as: its digest is {actual}");

    private OciException TooLarge(Descriptor descriptor, long limit) => new(
        OciError.LimitExceeded, $"{Name}@{descriptor.Digest} has {descriptor.Size:N0} bytes, the limit is {limit:N0}");

    private void ReadTags(byte[] page, List<string> tags)
    {
        if (StrictJson.TryParse(page, out var document, out _))
        {
            using (document)
            {
                if (document.RootElement.ValueKind is JsonValueKind.Object && document.RootElement.TryGetProperty("tags", out var list))
                {
                    foreach (var tag in list.ValueKind is JsonValueKind.Array ? list.EnumerateArray() : default)
                    {
                        // A name that is no tag could not be asked for; it may hold anything, so it is not handed on.
                        if (tag.ValueKind is not JsonValueKind.String || !ImageReference.TryParse($"x/x:{tag.GetString()}", out _, out _))
                        {
                            throw Unreadable("tags/list");
                        }

                        tags.Add(tag.GetString()!);
                        RequireListable(tags.Count);
                    }

                    if (list.ValueKind is JsonValueKind.Array or JsonValueKind.Null)
                    {
                        return;
                    }
                }
            }
        }

        throw Unreadable("tags/list");
    }

    private OciException Unreadable(string what) =>
        new(OciError.UnexpectedResponse, $"{RegistryAddress.Show(new Uri(_root, what))} answered with something that is no such list");

    private void RequireListable(int count)
    {
        if (count > _http.Options.MaxListed)
        {
            throw new OciException(OciError.LimitExceeded, $"{Name} lists more than {_http.Options.MaxListed:N0} entries, the limit");
        }
    }

    // Pages may lead anywhere within the registry, but not in a circle.
    private async IAsyncEnumerable<byte[]> PagesAsync(
        Uri first, IReadOnlyList<string> accept, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var seen = new HashSet<Uri>();
        var bytes = 0L;
        for (var address = first; address is not null;)
        {
            RequireListable(seen.Count);
            if (!seen.Add(address))
            {
                throw new OciException(OciError.UnexpectedResponse,
                    $"{RegistryAddress.Show(address)} leads back to a page that was read already");
            }

            var (body, next) = await PageAsync(address, accept, cancel).ConfigureAwait(false);
            bytes += body.Length;
            var limit = (long)MaxListFactor * Limits.MaxManifestBytes;
            if (bytes > limit)
            {
                throw new OciException(
                    OciError.LimitExceeded, $"{Name} answers with a list of more than {limit:N0} bytes, the limit");
            }

            yield return body;
            address = next;
        }
    }

    private Task<(byte[] Body, Uri? Next)> PageAsync(Uri address, IReadOnlyList<string> accept, CancellationToken cancel)
    {
        var request = Ask(HttpMethod.Get, address, "pull") with { Accept = accept };
        return _http.SendAsync(
            request,
            async response =>
            {
                if (response.StatusCode is not HttpStatusCode.OK)
                {
                    throw await _http.FailureAsync(response, request, cancel).ConfigureAwait(false);
                }

                var body = await _http.ReadAsync(response, Limits.MaxManifestBytes, cancel).ConfigureAwait(false);
                var link = response.Headers.TryGetValues("Link", out var links) ? LinkHeader.Next(links) : null;
                var next = link is null ? null : RegistryAddress.Follow(address, new Uri(link, UriKind.RelativeOrAbsolute), _http.Options);
                if (next is not null && !RegistryAddress.SameOrigin(address, next))
                {
                    throw new OciException(
                        OciError.UnexpectedResponse, $"{RegistryAddress.Show(address)} names {RegistryAddress.Show(next)} as its next page, on another host");
                }

                return (body, next);
            },
            cancel);
    }
}
