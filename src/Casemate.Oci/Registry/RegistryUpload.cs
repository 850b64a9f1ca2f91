using System.Net;
using System.Net.Http.Headers;

namespace Casemate.Oci.Registry;

/// <summary>
/// One upload of a blob: in one piece where it is small, in several otherwise. After a cut the registry is asked how far it got, and the
/// upload goes on there. Source: OCI Distribution Specification 1.1, "Pushing blobs".
/// </summary>
internal sealed class RegistryUpload(RegistryHttp http, RegistryRequest template, Descriptor descriptor, UploadSource source)
{
    private const int MaxChunk = 64 << 20;
    private const int MaxRestarts = 2;

    // Progress that earns a further set of attempts: a registry that keeps a few bytes of each piece is given up.
    private const int Progress = 64 * 1024;

    private readonly Retries _retries = new(http.Options);
    private Uri _session = template.Address;
    private int _chunk = http.Options.ChunkBytes;
    private long _accepted;
    private int _restarts;
    private bool _wasCut;

    /// <summary>Uploads.</summary>
    /// <param name="offered">An upload that the registry has begun already; null: begin one.</param>
    /// <param name="cancel">Ends the wait; what the registry has is left to it.</param>
    public async Task RunAsync(Uri? offered, CancellationToken cancel)
    {
        if (offered is null)
        {
            await StartAsync(cancel).ConfigureAwait(false);
        }
        else
        {
            _session = offered;
        }

        try
        {
            while (true)
            {
                if (_accepted == source.End && (source.End < descriptor.Size || descriptor.Size == 0))
                {
                    await source.NextAsync(_chunk, cancel).ConfigureAwait(false);
                }

                if (await SendAsync(cancel).ConfigureAwait(false))
                {
                    return;
                }
            }
        }
        catch (OciException failure) when (failure.Error is OciError.DigestMismatch)
        {
            await AbandonAsync(cancel).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Asks for an upload to begin.</summary>
    /// <param name="http">The registry.</param>
    /// <param name="request">The request that begins it.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>Where it goes on, and the smallest piece that the registry takes; no address where there is nothing left to do.</returns>
    public static Task<(Uri? Session, int MinimumChunk)> BeginAsync(RegistryHttp http, RegistryRequest request, CancellationToken cancel) =>
        http.SendAsync(
            request with { Method = HttpMethod.Post, Content = static () => new ByteArrayContent([]) },
            async response =>
            {
                if (response.StatusCode is HttpStatusCode.Created)
                {
                    return (null, 0);
                }

                if (response.StatusCode is not HttpStatusCode.Accepted)
                {
                    throw await http.FailureAsync(response, request, cancel).ConfigureAwait(false);
                }

                var least = response.Headers.TryGetValues("OCI-Chunk-Min-Length", out var values)
                    && int.TryParse(values.First(), out var value) && value is > 0 and <= MaxChunk ? value : 0;
                return ((Uri?)RegistryAddress.Follow(response.RequestMessage!.RequestUri!, response.Headers.Location, http.Options), least);
            },
            cancel);

    private async Task StartAsync(CancellationToken cancel)
    {
        var (session, least) = await BeginAsync(http, template, cancel).ConfigureAwait(false);
        _session = session ?? throw new OciException(
            OciError.UnexpectedResponse, $"{RegistryAddress.Show(template.Address)} says that a blob is there before it was sent");
        _chunk = Math.Max(http.Options.ChunkBytes, least);
        _accepted = 0;
    }

    // True when all of it is there.
    private async Task<bool> SendAsync(CancellationToken cancel)
    {
        OciException failure;
        TimeSpan? asked = null;
        var isFinal = false;
        try
        {
            var request = Piece();
            using var response = await http.SendOnceAsync(request, cancel).ConfigureAwait(false);
            if (source.IsLast && response.StatusCode is HttpStatusCode.Created or HttpStatusCode.NoContent)
            {
                return true;
            }

            if (!source.IsLast && response.StatusCode is HttpStatusCode.Accepted)
            {
                Accept(response, RangeEnd(response) ?? source.End);
                if (_accepted == source.End)
                {
                    return false;
                }

                return await _retries.AgainAsync(null, cancel).ConfigureAwait(false) ? false : throw new OciException(
                    OciError.UnexpectedResponse,
                    $"{RegistryAddress.Show(_session)} takes pieces of an upload and keeps only {_accepted:N0} of {source.End:N0} bytes");
            }

            asked = Retries.Asked(response, http.Options.Time);
            failure = await http.FailureAsync(response, request, cancel).ConfigureAwait(false);

            // After a cut a registry may have counted otherwise than it said, and a session may be gone: both are cured by beginning again.
            isFinal = !RegistryHttp.IsTransient(response.StatusCode)
                && response.StatusCode is not (HttpStatusCode.RequestedRangeNotSatisfiable or HttpStatusCode.NotFound)
                && !(_wasCut && failure.Error is OciError.DigestMismatch);
            if (!isFinal && failure.Error is OciError.DigestMismatch or OciError.NotFound)
            {
                await RestartAsync(failure, cancel).ConfigureAwait(false);
                return false;
            }
        }
        catch (BrokenConnectionException broken)
        {
            failure = http.GivenUp(broken);
            isFinal = !broken.IsTransient;
            _wasCut = true;
        }

        if (isFinal || !await _retries.AgainAsync(asked, cancel).ConfigureAwait(false))
        {
            throw failure;
        }

        return await ResumeAsync(failure, cancel).ConfigureAwait(false);
    }

    private RegistryRequest Piece()
    {
        var bytes = source.From(_accepted);
        var first = _accepted;
        var isWhole = source.IsLast && first == 0;
        var address = source.IsLast ? WithDigest(_session, descriptor.Digest) : _session;
        return template with
        {
            Method = source.IsLast ? HttpMethod.Put : HttpMethod.Patch,
            Address = address,
            Content = () =>
            {
                var content = new ReadOnlyMemoryContent(bytes);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
                if (!isWhole && bytes.Length > 0)
                {
                    // The specification's form, "first-last", is not the one of HTTP, which names the unit.
                    content.Headers.TryAddWithoutValidation("Content-Range", $"{first}-{first + bytes.Length - 1}");
                }

                return content;
            },
        };
    }

    // Asks the registry how far it got, and goes on from there.
    private async Task<bool> ResumeAsync(OciException failure, CancellationToken cancel)
    {
        if (source.IsLast && await IsThereAsync(cancel).ConfigureAwait(false))
        {
            return true;                                                  // It had arrived; only the answer was lost.
        }

        using var status = await http.SendAsync(template with { Method = HttpMethod.Get, Address = _session },
            cancel).ConfigureAwait(false);
        if (status.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.OK or HttpStatusCode.Accepted)
        {
            var end = RangeEnd(status) ?? 0;
            if (end >= source.Start && end <= source.End)
            {
                Accept(status, end);
                return false;
            }
        }

        await RestartAsync(failure, cancel).ConfigureAwait(false);
        return false;
    }

    private async Task RestartAsync(OciException failure, CancellationToken cancel)
    {
        if (_restarts++ >= MaxRestarts || !source.TryRewind())
        {
            throw failure;
        }

        await StartAsync(cancel).ConfigureAwait(false);
    }

    private Task<bool> IsThereAsync(CancellationToken cancel)
    {
        var address = new Uri(RegistryAddress.Of(template.Registry, http.Options), $"{template.Repository}/blobs/{descriptor.Digest}");
        return http.SendAsync(
            template with { Method = HttpMethod.Head, Address = address },
            response => Task.FromResult(response.StatusCode is HttpStatusCode.OK), cancel);
    }

    private void Accept(HttpResponseMessage response, long end)
    {
        if (end > source.End || end < _accepted)
        {
            throw new OciException(
                OciError.UnexpectedResponse,
                $"{RegistryAddress.Show(_session)} says that it has {end:N0} bytes of an upload, of which {source.End:N0} were sent");
        }

        if (end > _accepted && (end == source.End || end - _accepted >= Progress))
        {
            _retries.Reset();
        }

        _accepted = end;
        if (response.Headers.Location is { } location)
        {
            _session = RegistryAddress.Follow(response.RequestMessage!.RequestUri!, location, http.Options);
        }
    }

    // "Range: 0-99" stands for 100 bytes. Nothing at all is said as "0-0", which could also mean one; pieces of one byte are not sent.
    private static long? RangeEnd(HttpResponseMessage response)
    {
        if (!response.Headers.NonValidated.TryGetValues("Range", out var values))
        {
            return null;
        }

        var text = values.ToString();
        text = text.StartsWith("bytes=", StringComparison.Ordinal) ? text[6..] : text;
        return text.StartsWith("0-", StringComparison.Ordinal)
            && long.TryParse(text.AsSpan(2), System.Globalization.NumberStyles.None, null, out var last) && last < long.MaxValue
                ? last == 0 ? 0 : last + 1
                : null;
    }

    private async Task AbandonAsync(CancellationToken cancel)
    {
        try
        {
            using var _ = await http.SendOnceAsync(template with { Method = HttpMethod.Delete, Address = _session },
                cancel).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is BrokenConnectionException or OciException)
        {
            // Registries remove what nobody finishes; the reason for giving up is what the caller should hear.
            _session = template.Address;
        }
    }

    private static Uri WithDigest(Uri session, Digest digest)
    {
        var query = session.Query.TrimStart('?');
        return new UriBuilder(session)
        {
            Query = $"{query}{(query.Length > 0 ? "&" : "")}digest={Uri.EscapeDataString(digest.Text)}",
            Fragment = "",
        }.Uri;
    }
}
