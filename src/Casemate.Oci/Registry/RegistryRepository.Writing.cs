using System.Net;
using System.Net.Http.Headers;

namespace Casemate.Oci.Registry;

public sealed partial class RegistryRepository
{
    private (Digest Digest, byte[] Content)? _lastWritten;

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(Descriptor descriptor, CancellationToken cancel)
    {
        var isDocument = IsDocument(descriptor);
        var address = isDocument ? Manifest(descriptor.Digest.Text) : Blob(descriptor.Digest);
        var request = Ask(HttpMethod.Head, address, "pull,push") with { Accept = isDocument ? s_manifestTypes : [] };
        return _http.SendAsync(
            request,
            async response => response.StatusCode switch
            {
                HttpStatusCode.OK => response.Content.Headers.ContentLength is not { } size || size == descriptor.Size
                    ? true
                    : throw new OciException(
                        OciError.DigestMismatch, $"{Name} has {size:N0} bytes under {descriptor.Digest}, its descriptor promises {descriptor.Size:N0}"),
                HttpStatusCode.NotFound => false,
                _ => throw await _http.FailureAsync(response, request, cancel).ConfigureAwait(false),
            },
            cancel);
    }

    /// <inheritdoc/>
    public async Task WriteAsync(Descriptor descriptor, Stream content, CancellationToken cancel)
    {
        if (IsDocument(descriptor))
        {
            await WriteManifestAsync(descriptor, content, cancel).ConfigureAwait(false);
            return;
        }

        using var source = new UploadSource(descriptor, content);
        var upload = new RegistryUpload(_http, Ask(HttpMethod.Post, new Uri(_root, "blobs/uploads/"), "pull,push"), descriptor, source);
        await upload.RunAsync(_offered.TryRemove(descriptor.Digest, out var session) ? session : null, cancel).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task TagAsync(Descriptor descriptor, string tag, CancellationToken cancel)
    {
        _ = Reference.WithTag(tag);
        var content = _lastWritten is { } last && last.Digest == descriptor.Digest
            ? last.Content
            : (await GetManifestAsync(descriptor.Digest.Text, descriptor.Digest, cancel).ConfigureAwait(false)).Content;
        await PutAsync(descriptor, content, tag, cancel).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<bool> TryMountAsync(Descriptor descriptor, IImageSource source, CancellationToken cancel) =>
        source is RegistryRepository { Reference: { } from } && from.Registry == Reference.Registry
            && from.Repository != Reference.Repository
            ? TryMountAsync(descriptor, from.Repository, cancel)
            : Task.FromResult(false);

    /// <summary>Takes a blob over from another repository of the same registry. Source: OCI Distribution Specification 1.1, "Mounting a
    /// blob".</summary>
    /// <returns>False when the registry would rather have it written; the upload that it then begins is what the next write of it
    /// uses.</returns>
    public async Task<bool> TryMountAsync(Descriptor descriptor, string fromRepository, CancellationToken cancel)
    {
        var address = new Uri(
            _root, $"blobs/uploads/?mount={Uri.EscapeDataString(descriptor.Digest.Text)}&from={Uri.EscapeDataString(fromRepository)}");
        var request = Ask(HttpMethod.Post, address, "pull,push");
        request = request with { Scopes = [.. request.Scopes, $"repository:{fromRepository}:pull"] };
        var (session, _) = await RegistryUpload.BeginAsync(_http, request, cancel).ConfigureAwait(false);
        if (session is null)
        {
            return true;
        }

        _offered[descriptor.Digest] = session;
        return false;
    }

    private async Task WriteManifestAsync(Descriptor descriptor, Stream content, CancellationToken cancel)
    {
        if (descriptor.Size > Limits.MaxManifestBytes)
        {
            throw TooLarge(descriptor, Limits.MaxManifestBytes);
        }

        var bytes = new byte[descriptor.Size];
        var count = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
        if (count < bytes.Length || await content.ReadAsync(new byte[1], cancel).ConfigureAwait(false) > 0
            || !descriptor.Digest.Matches(bytes))
        {
            throw new OciException(
                OciError.DigestMismatch, $"the content is not what its descriptor promises: {descriptor.Digest}, {descriptor.Size:N0} bytes");
        }

        var knowsSubjects = await PutAsync(descriptor, bytes, descriptor.Digest.Text, cancel).ConfigureAwait(false);
        _lastWritten = (descriptor.Digest, bytes);
        var (subject, entry) = ReadSubject(descriptor, bytes);
        if (subject is not null && !knowsSubjects)
        {
            await AddReferrerAsync(subject, entry, cancel).ConfigureAwait(false);
        }
    }

    // True when the registry says that it lists the manifest under its subject.
    private Task<bool> PutAsync(Descriptor descriptor, byte[] content, string tagOrDigest, CancellationToken cancel)
    {
        var request = Ask(HttpMethod.Put, Manifest(tagOrDigest), "pull,push") with
        {
            Content = () => new ByteArrayContent(content) { Headers = { ContentType = new MediaTypeHeaderValue(descriptor.MediaType) } },
        };
        return _http.SendAsync(
            request,
            async response =>
            {
                if (response.StatusCode is not (HttpStatusCode.Created or HttpStatusCode.OK or HttpStatusCode.Accepted))
                {
                    throw await _http.FailureAsync(response, request, cancel).ConfigureAwait(false);
                }

                if (response.Headers.TryGetValues("Docker-Content-Digest", out var values)
                    && Digest.TryParse(values.First(), out var said) && !said.Matches(content))
                {
                    throw Other(tagOrDigest, said);
                }

                return response.Headers.Contains("OCI-Subject");
            },
            cancel);
    }
}
