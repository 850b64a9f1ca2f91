using System.Net;

namespace Casemate.Oci.Registry;

/// <summary>
/// Sends requests to registries: with authorization where it is asked for, along redirects without letting credentials out of their
/// host, and again where another attempt may help.
/// </summary>
internal sealed class RegistryHttp(RegistryWire wire, RegistryAuthorization authorization, RegistryOptions options)
{
    /// <summary>The options.</summary>
    public RegistryOptions Options => options;

    /// <summary>Reads a bounded body.</summary>
    public Task<byte[]> ReadAsync(HttpResponseMessage response, int limit, CancellationToken cancel) =>
        wire.ReadAsync(response, limit, cancel);

    /// <summary>
    /// Sends a request that may be repeated without harm until there is an answer that is neither a throttle nor a fault of the server,
    /// and lets <paramref name="use"/> read it; a body that breaks off is asked for again.
    /// </summary>
    /// <exception cref="OciException"><see cref="OciError.Unavailable"/>: no attempt helped.</exception>
    public async Task<T> SendAsync<T>(RegistryRequest request, Func<HttpResponseMessage, Task<T>> use, CancellationToken cancel)
    {
        var retries = new Retries(options);
        while (true)
        {
            TimeSpan? asked = null;
            OciException failure;
            try
            {
                var response = await SendOnceAsync(request, cancel).ConfigureAwait(false);
                var keep = false;
                try
                {
                    if (!IsTransient(response.StatusCode))
                    {
                        var result = await use(response).ConfigureAwait(false);
                        keep = ReferenceEquals(result, response);
                        return result;
                    }

                    asked = Retries.Asked(response, options.Time);
                    failure = await FailureAsync(response, request, cancel).ConfigureAwait(false);
                }
                finally
                {
                    if (!keep)
                    {
                        response.Dispose();
                    }
                }
            }
            catch (BrokenConnectionException broken)
            {
                failure = GivenUp(broken, request);
                if (!broken.IsTransient)
                {
                    throw failure;
                }
            }

            if (!await retries.AgainAsync(asked, cancel).ConfigureAwait(false))
            {
                throw failure;
            }
        }
    }

    /// <summary>Sends a request and hands out the answer, whose body is not read yet. The caller disposes of it.</summary>
    public Task<HttpResponseMessage> SendAsync(RegistryRequest request, CancellationToken cancel) =>
        SendAsync(request, Task.FromResult, cancel);

    /// <summary>Sends a request once, not counting the answer to a 401 and redirects. Any status may come back.</summary>
    /// <exception cref="BrokenConnectionException">There was no answer.</exception>
    public async Task<HttpResponseMessage> SendOnceAsync(RegistryRequest request, CancellationToken cancel)
    {
        var address = request.Address;
        var known = authorization.Known(request);
        var isFresh = false;
        for (var redirects = 0; ;)
        {
            var message = request.Create(address);
            // Only the registry itself gets the credential; a storage service that it leads to has its own in the address.
            var isHome = RegistryAddress.SameOrigin(address, RegistryAddress.Of(request.Registry, options));
            message.Headers.Authorization = isHome ? known : null;
            var timeout = message.Content is null ? options.ResponseTimeout : options.UploadTimeout;
            HttpResponseMessage response;
            using (message)
            {
                response = await wire.SendAsync(message, timeout, cancel).ConfigureAwait(false);
            }

            try
            {
                if (response.StatusCode is HttpStatusCode.Unauthorized && isHome && !isFresh)
                {
                    var challenge = AuthChallenge.Choose(response.Headers.WwwAuthenticate) ?? throw new OciException(
                        OciError.Unauthorized, $"{RegistryAddress.Show(address)} asks for credentials in no way that is known here (Bearer, Basic)");
                    response.Dispose();
                    known = await authorization.AnswerAsync(challenge, request, known, cancel).ConfigureAwait(false);
                    isFresh = true;
                    continue;
                }

                if (!IsRedirect(response.StatusCode, request.Method))
                {
                    return response;
                }

                if (++redirects > options.MaxRedirects)
                {
                    throw new OciException(
                        OciError.UnexpectedResponse, $"{RegistryAddress.Show(request.Address)} leads on more than {options.MaxRedirects} times");
                }

                address = RegistryAddress.Follow(address, response.Headers.Location, options);
                response.Dispose();
            }
            catch (OciException)
            {
                response.Dispose();
                throw;
            }
        }
    }

    /// <summary>The exception for an answer that is not the wanted one.</summary>
    public async Task<OciException> FailureAsync(HttpResponseMessage response, RegistryRequest request, CancellationToken cancel)
    {
        byte[] body = [];
        if (request.Method != HttpMethod.Head)
        {
            try
            {
                body = await wire.ReadAsync(response, RegistryFailure.MaxBytes, cancel).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is BrokenConnectionException or OciException)
            {
                // The status says enough; what stands in the body of a refusal is an extra.
                body = [];
            }
        }

        return RegistryFailure.Of(response, body, request, authorization.Scrub);
    }

    /// <summary>The exception for a connection that no further attempt is made on.</summary>
    public OciException GivenUp(BrokenConnectionException broken, RegistryRequest? request = null) => new(
        OciError.Unavailable, authorization.Scrub(broken.Message),
        RegistryFailure.Join(broken.Remedy, request is null ? null : RegistryFailure.HintFor(OciError.Unavailable, request)), broken);

    /// <summary>True for statuses after which the same request may succeed.</summary>
    public static bool IsTransient(HttpStatusCode status) =>
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)status is >= 500 and not 501 and not 505;

    private static bool IsRedirect(HttpStatusCode status, HttpMethod method) =>
        (int)status is 307 or 308 || ((int)status is 301 or 302 or 303 && (method == HttpMethod.Get || method == HttpMethod.Head));
}
