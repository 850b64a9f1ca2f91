using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Casemate.Oci.Registry;

/// <summary>One request, one answer, each with an end: whatever breaks becomes a <see cref="BrokenConnectionException"/>.</summary>
internal sealed class RegistryWire(HttpMessageInvoker transport, RegistryOptions options)
{
    /// <summary>Sends a request and waits for the head of the answer.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, TimeSpan timeout, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(timeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("casemate", null));
        try
        {
            return await transport.SendAsync(request, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new BrokenConnectionException($"{Host(request)} did not answer within {timeout.TotalSeconds:0.###} s", isTransient: true);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException)
        {
            throw Describe(request.RequestUri!, exception);
        }
    }

    /// <summary>Reads a whole body of at most <paramref name="limit"/> bytes.</summary>
    /// <exception cref="OciException"><see cref="OciError.LimitExceeded"/>: there is more.</exception>
    public async Task<byte[]> ReadAsync(HttpResponseMessage response, int limit, CancellationToken cancel)
    {
        var address = response.RequestMessage!.RequestUri!;
        if (response.Content.Headers.ContentLength > limit)
        {
            throw TooLarge(address, limit);
        }

        using var deadline = new CancellationTokenSource(options.ResponseTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        using var body = new MemoryStream((int)(response.Content.Headers.ContentLength ?? 0));
        try
        {
            using var stream = await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
            var piece = new byte[16 * 1024];
            while (await stream.ReadAsync(piece, either.Token).ConfigureAwait(false) is > 0 and var count)
            {
                if (body.Length + count > limit)
                {
                    throw TooLarge(address, limit);
                }

                body.Write(piece, 0, count);
            }

            return body.ToArray();
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new BrokenConnectionException(
                $"{address.Authority} did not send the whole answer within {options.ResponseTimeout.TotalSeconds:0.###} s",
                    isTransient: true);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw Describe(address, exception);
        }
    }

    /// <summary>Says why a connection broke, and whether another attempt may help.</summary>
    public static BrokenConnectionException Describe(Uri address, Exception exception)
    {
        var innermost = exception;
        while (innermost.InnerException is { } inner)
        {
            innermost = inner;
        }

        var error = (exception as HttpRequestException)?.HttpRequestError ?? (exception as HttpIOException)?.HttpRequestError;
        if (error is HttpRequestError.SecureConnectionError)
        {
            var isCertificate = exception.InnerException is AuthenticationException { Message: var said }
                && said.Contains("certificate", StringComparison.OrdinalIgnoreCase);
            return new BrokenConnectionException(
                $"{address.Authority}: {(isCertificate ? "its TLS certificate is not trusted" : "TLS failed")} ({Quoted.Of(innermost.Message.TrimEnd('.'))})",
                isTransient: innermost is SocketException or EndOfStreamException,
                isCertificate
                    ? "Name the authority that vouches for it (--ca FILE)."
                    : $"If it speaks plain HTTP there, allow that by name (--plain-http {address.Authority}).",
                exception);
        }

        if (error is HttpRequestError.ResponseEnded)
        {
            return new BrokenConnectionException($"{address.Authority} broke off", isTransient: true, cause: exception);
        }

        var isFinal = error is HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded or HttpRequestError.ProxyTunnelError
            || innermost is SocketException { SocketErrorCode: SocketError.HostNotFound };
        return new BrokenConnectionException(
            $"{address.Authority}: {Quoted.Of(innermost.Message.TrimEnd('.'))}", isTransient: !isFinal, cause: exception);
    }

    private static OciException TooLarge(Uri address, int limit) =>
        new(OciError.LimitExceeded, $"{RegistryAddress.Show(address)} is larger than {limit:N0} bytes, the limit for such a document");

    private static string Host(HttpRequestMessage request) => request.RequestUri!.Authority;
}
