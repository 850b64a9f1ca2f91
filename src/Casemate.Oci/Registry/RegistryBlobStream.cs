using System.Net;
using System.Security.Cryptography;
using Casemate.Oci.Streams;

namespace Casemate.Oci.Registry;

/// <summary>
/// Content of a registry as a stream: every byte goes into the digest, a connection that breaks off is replaced by one that goes on
/// where the last ended, and the read that ends the content throws unless the digest is the promised one.
/// </summary>
internal sealed class RegistryBlobStream : ReadOnlyStream
{
    // Progress that earns a further set of attempts: a registry that gives a few bytes a connection is given up.
    private const int Progress = 64 * 1024;

    private readonly RegistryHttp _http;
    private readonly RegistryRequest _request;
    private readonly Descriptor _descriptor;
    private readonly IncrementalHash _hash;
    private readonly Retries _retries;
    private PacedBody? _body;
    private long _position;
    private long _sinceBreak;
    private bool _isVerified;

    private RegistryBlobStream(RegistryHttp http, RegistryRequest request, Descriptor descriptor, IncrementalHash hash, long position)
    {
        (_http, _request, _descriptor, _hash, _position) = (http, request, descriptor, hash, position);
        _retries = new Retries(http.Options);
    }

    /// <summary>Opens content.</summary>
    /// <param name="http">The registry.</param>
    /// <param name="request">What to ask; its range is set here.</param>
    /// <param name="descriptor">What is promised.</param>
    /// <param name="hash">The digest of what is there already; owned by the stream from now on.</param>
    /// <param name="position">How much is there already.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<Stream> OpenAsync(
        RegistryHttp http, RegistryRequest request, Descriptor descriptor, IncrementalHash hash, long position, CancellationToken cancel)
    {
        var stream = new RegistryBlobStream(http, request, descriptor, hash, position);
        try
        {
            while (stream._body is null && (position < descriptor.Size || position == 0))
            {
                try
                {
                    await stream.ConnectAsync(cancel).ConfigureAwait(false);
                }
                catch (BrokenConnectionException broken)
                {
                    await stream.BreakAsync(broken, cancel).ConfigureAwait(false);
                }
            }

            if (position == descriptor.Size)
            {
                await stream.FinishAsync(cancel).ConfigureAwait(false);
            }

            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isVerified || buffer.IsEmpty)
        {
            return 0;
        }

        while (true)
        {
            try
            {
                if (_body is null)
                {
                    await ConnectAsync(cancellationToken).ConfigureAwait(false);
                }

                var wanted = (int)Math.Min(buffer.Length, _descriptor.Size - _position);
                var count = await _body!.ReadAsync(buffer[..wanted], cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    throw new BrokenConnectionException($"{_request.Address.Authority} broke off", isTransient: true);
                }

                await AcceptAsync(buffer[..count], cancellationToken).ConfigureAwait(false);
                return count;
            }
            catch (BrokenConnectionException broken)
            {
                await BreakAsync(broken, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var bytes = new byte[buffer.Length];
        var count = ReadAsync(bytes).AsTask().GetAwaiter().GetResult();
        bytes.AsSpan(0, count).CopyTo(buffer);
        return count;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await DropAsync().ConfigureAwait(false);
        _hash.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            DropAsync().AsTask().GetAwaiter().GetResult();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask AcceptAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        _hash.AppendData(bytes.Span);
        _position += bytes.Length;
        _sinceBreak += bytes.Length;
        if (_sinceBreak >= Progress)
        {
            _retries.Reset();
        }

        if (_position == _descriptor.Size)
        {
            await FinishAsync(cancel).ConfigureAwait(false);
        }
    }

    private async Task ConnectAsync(CancellationToken cancel)
    {
        var response = await _http.SendAsync(_request with { From = _position }, cancel).ConfigureAwait(false);
        try
        {
            await RequireAsync(response, cancel).ConfigureAwait(false);
            var body = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
            _body = new PacedBody(response, body, _http.Options);
        }
        catch
        {
            response.Dispose();
            throw;
        }

        if (_position > 0 && response.StatusCode is HttpStatusCode.OK)
        {
            // A registry that knows no ranges begins again; what is there already is read past, and the digest still proves the whole.
            await SkipAsync(cancel).ConfigureAwait(false);
        }
    }

    private async Task RequireAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent))
        {
            throw await _http.FailureAsync(response, _request, cancel).ConfigureAwait(false);
        }

        var isPart = response.StatusCode is HttpStatusCode.PartialContent;
        var range = response.Content.Headers.ContentRange;
        if (isPart && (_position == 0 || range?.From != _position || (range.Length ?? _descriptor.Size) != _descriptor.Size))
        {
            throw new OciException(
                OciError.UnexpectedResponse, $"{RegistryAddress.Show(_request.Address)} answered with another part than was asked for");
        }

        if (response.Content.Headers.ContentEncoding.Count > 0)
        {
            throw new OciException(
                OciError.UnexpectedResponse, $"{RegistryAddress.Show(_request.Address)} answered compressed, which was not asked for");
        }

        var announced = response.Content.Headers.ContentLength + (isPart ? _position : 0);
        if (announced is { } size && size != _descriptor.Size)
        {
            throw Mismatch($"has {size:N0} bytes there");
        }
    }

    private async Task SkipAsync(CancellationToken cancel)
    {
        var buffer = new byte[64 * 1024];
        for (var left = _position; left > 0;)
        {
            var count = await _body!.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancel).ConfigureAwait(false);
            if (count == 0)
            {
                throw new BrokenConnectionException($"{_request.Address.Authority} broke off", isTransient: true);
            }

            left -= count;
        }
    }

    // The content must end where it was promised to, and be what was promised.
    private async Task FinishAsync(CancellationToken cancel)
    {
        if (_body is not null && await IsMoreAsync(cancel).ConfigureAwait(false))
        {
            throw Mismatch("goes on behind that");
        }

        var actual = Convert.ToHexStringLower(_hash.GetHashAndReset());
        if (actual != _descriptor.Digest.Hex)
        {
            throw Mismatch($"has the digest {_descriptor.Digest.Algorithm}:{actual} there");
        }

        _isVerified = true;
        await DropAsync().ConfigureAwait(false);
    }

    private async Task<bool> IsMoreAsync(CancellationToken cancel)
    {
        try
        {
            return await _body!.ReadAsync(new byte[1], cancel).ConfigureAwait(false) > 0;
        }
        catch (BrokenConnectionException)
        {
            // All bytes are there; how the connection ends no longer matters, the digest decides.
            return false;
        }
    }

    private async Task BreakAsync(BrokenConnectionException broken, CancellationToken cancel)
    {
        await DropAsync().ConfigureAwait(false);
        _sinceBreak = 0;
        if (!broken.IsTransient || !await _retries.AgainAsync(null, cancel).ConfigureAwait(false))
        {
            throw new OciException(
                OciError.Unavailable,
                $"{_http.GivenUp(broken).Message}; {_position:N0} of {_descriptor.Size:N0} bytes of {_descriptor.Digest.Short} are there, "
                + $"and no more after {_retries.Attempts} attempts",
                broken.Remedy ?? "Try again later.", broken);
        }
    }

    private async ValueTask DropAsync()
    {
        if (_body is { } body)
        {
            _body = null;
            await body.DisposeAsync().ConfigureAwait(false);
        }
    }

    private OciException Mismatch(string actual) => new(
        OciError.DigestMismatch,
        $"{RegistryAddress.Show(_request.Address)} is not what its descriptor promises: {_descriptor.Digest} with {_descriptor.Size:N0} bytes {actual}");
}
