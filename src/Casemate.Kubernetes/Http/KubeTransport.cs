using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Casemate.Kubernetes;

/// <summary>Sends requests to one API server: credentials, attempts, bounds.</summary>
internal sealed class KubeTransport : IDisposable
{
    private const int MaxWarnings = 32;

    private readonly KubeConfiguration _configuration;
    private readonly KubeClientOptions _options;
    private readonly HttpMessageInvoker _http;
    private X509Certificate2? _clientCertificate;
    private volatile RequestBudget? _budget;

    public KubeTransport(KubeConfiguration configuration, KubeClientOptions options)
    {
        (_configuration, _options) = (configuration, options);
        _http = new HttpMessageInvoker(CreateHandler());
    }

    /// <summary>Ends every request from now on when this time is over.</summary>
    public void EndWithin(TimeSpan limit) => _budget = new RequestBudget(limit, _options.Time);

    /// <summary>Sends a request until it succeeds or is refused for good, and reads the answer.</summary>
    /// <exception cref="KubeException">It did not succeed.</exception>
    public async Task<byte[]> SendAsync(KubeRequest request, int limit, CancellationToken cancellationToken)
    {
        var budget = _budget;
        var time = Bounded(_options.RequestTimeout, budget, request);
        var left = new RequestBudget(time, _options.Time);
        using var whole = new CancellationTokenSource(time, _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, whole.Token);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await AttemptAsync(request, limit, left, either.Token, cancellationToken).ConfigureAwait(false);
            }
            catch (RequestFailure failure)
            {
                var wait = Wait(attempt, failure.Exception.RetryAfter);
                if (!failure.RepeatIsSafe || attempt >= _options.MaxAttempts || wait > _options.LongestRetryDelay)
                {
                    throw failure.Exception;
                }

                KubeLog.TryAgain(
                    _options.Logger, request.Method.Method, request.Path, attempt, wait.TotalSeconds, failure.Exception.Message);
                try
                {
                    await Task.Delay(wait, _options.Time, either.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    throw failure.Exception;
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw NoAnswer(request, _options.RequestTimeout, budget);
            }
        }
    }

    /// <summary>Opens an answer that goes on for long; the caller disposes it. One attempt.</summary>
    /// <exception cref="KubeException">The server refused, or cannot be reached.</exception>
    public async Task<HttpResponseMessage> OpenAsync(KubeRequest request, CancellationToken cancellationToken)
    {
        var budget = _budget;
        var time = Bounded(_options.AttemptTimeout, budget, request);
        using var limit = new CancellationTokenSource(time, _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await HeadAsync(request, new RequestBudget(time, _options.Time), either.Token, cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailure failure)
        {
            throw failure.Exception;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw NoAnswer(request, _options.AttemptTimeout, budget);
        }
    }

    public void Dispose() => _http.Dispose();

    private static TimeSpan Bounded(TimeSpan limit, RequestBudget? budget, KubeRequest request) => budget switch
    {
        null => limit,
        { Left: var left } when left < RequestBudget.Least => throw NoAnswer(request, limit, budget),
        { Left: var left } => left < limit ? left : limit,
    };

    private static KubeException NoAnswer(KubeRequest request, TimeSpan limit, RequestBudget? budget) => new(
        budget is { Left: var left } && left < RequestBudget.Least
            ? $"{request}: no answer, and the {budget.Limit.TotalSeconds:0.###} s that all requests may take are over."
            : $"{request}: no answer within {limit.TotalSeconds:0.###} s.",
        reason: "Timeout", mayRetry: true);

    private async Task<byte[]> AttemptAsync(
        KubeRequest request, int limit, RequestBudget left, CancellationToken cancellationToken, CancellationToken caller)
    {
        using var attempt = new CancellationTokenSource(_options.AttemptTimeout, _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, attempt.Token);
        try
        {
            using var response = await HeadAsync(request, left, either.Token, caller).ConfigureAwait(false);
            return await BoundedBody.ReadAsync(response.Content, limit, either.Token).ConfigureAwait(false);
        }
        catch (InvalidDataException exception)
        {
            throw new RequestFailure(new KubeException($"{request}: {exception.Message}.", innerException: exception), false);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw new RequestFailure(
                new KubeException($"{request}: the answer was cut off.", mayRetry: true, innerException: exception), request.IsRepeatable);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RequestFailure(
                new KubeException(
                    $"{request}: no answer within {_options.AttemptTimeout.TotalSeconds:0.###} s.", reason: "Timeout", mayRetry: true),
                request.IsRepeatable);
        }
    }

    // Sends, and sends once more with a fresh credential when the first one was refused: tokens end while programs run.
    private async Task<HttpResponseMessage> HeadAsync(
        KubeRequest request, RequestBudget left, CancellationToken cancellationToken, CancellationToken caller)
    {
        var response = await OnceAsync(request, left, cancellationToken, caller).ConfigureAwait(false);
        if (response.StatusCode is HttpStatusCode.Unauthorized && _configuration.Credentials.Invalidate())
        {
            response.Dispose();
            response = await OnceAsync(request, left, cancellationToken, caller).ConfigureAwait(false);
        }

        if (response.Headers.Date is { } date)
        {
            _options.Dated?.Invoke(date);
        }

        if ((int)response.StatusCode is >= 200 and < 300)
        {
            TellWarnings(request, response);
            return response;
        }

        using (response)
        {
            throw await StatusAnswer.ReadAsync(request, response, _options.Time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        }
    }

    // Source: Kubernetes blog and RFC 7234, section 5.5: 299 - "text".
    private void TellWarnings(KubeRequest request, HttpResponseMessage response)
    {
        foreach (var warning in response.Headers.Warning.Take(MaxWarnings))
        {
            var text = StatusAnswer.Clean(Unquoted(warning.Text));
            KubeLog.Warned(_options.Logger, request.Method.Method, request.Path, text);
            _options.Warned?.Invoke(text);
        }
    }

    private static string Unquoted(string text)
    {
        var inner = text is ['"', .. var quoted, '"'] ? quoted : text;
        return inner.Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);
    }

    // Whoever gives the credentials has a limit of its own and its own words for what went wrong: nobody is to take it for the server.
    private async Task<HttpResponseMessage> OnceAsync(
        KubeRequest request, RequestBudget left, CancellationToken cancellationToken, CancellationToken caller)
    {
        var credential = await _configuration.Credentials.GetAsync(
            _options.Time, left.AtMost(_options.AttemptTimeout), caller).ConfigureAwait(false);
        _clientCertificate = credential.Certificate;
        using var message = request.ToMessage(_configuration.Server);
        message.Headers.Host = _configuration.TlsServerName;
        if (credential.Token is not null)
        {
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credential.Token);
        }

        try
        {
            return await _http.SendAsync(message, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            var neverSent = exception.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError;
            var isTrust = exception.InnerException is AuthenticationException;
            throw new RequestFailure(
                new KubeException(
                    isTrust
                        ? $"{request}: the certificate of {_configuration.Server.Authority} is not believed: it is from another authority, "
                            + "for another name, or outside its time."
                        : $"{request}: {_configuration.Server.Authority} cannot be reached ({exception.HttpRequestError}).",
                    reason: isTrust ? "Untrusted" : "Unreachable", mayRetry: !isTrust, innerException: exception),
                !isTrust && (neverSent || request.IsRepeatable));
        }
    }

    // Half of the doubled wait for certain, the other half by chance, so that a thousand nodes do not come back together.
    private TimeSpan Wait(int attempt, TimeSpan? asked)
    {
        var doubled = Math.Min(
            _options.FirstRetryDelay.TotalMilliseconds * Math.Pow(2, attempt - 1), _options.LongestRetryDelay.TotalMilliseconds);
        var own = TimeSpan.FromMilliseconds(doubled * (500 + RandomNumberGenerator.GetInt32(501)) / 1000);
        return asked is { } least && least > own ? least : own;
    }

    private SocketsHttpHandler CreateHandler()
    {
        var trust = new ServerTrust(_configuration, _options.Time);
        return new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),           // so that changed addresses and certificates are noticed
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),                  // a watch on a dead connection would wait for ever
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            EnableMultipleHttp2Connections = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                CertificateChainPolicy = ServerTrust.FirstLook(),
                RemoteCertificateValidationCallback = trust.Accepts,
                LocalCertificateSelectionCallback = (_, _, _, _, _) => _clientCertificate!,
            },
        };
    }
}
