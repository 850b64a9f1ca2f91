using System.Net;
using System.Security.Cryptography.X509Certificates;
using Casemate.Broker;
using Casemate.Quoting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Serve.Guest;

/// <summary>
/// Talks to a key broker service as a workload in a TEE: challenge, attestation, token, resources. KBS protocol 0.4.0. Keeps one
/// key pair, one session and one cookie jar; safe for concurrent use.
/// </summary>
/// <remarks>
/// Behaves on the wire like the attestation agent of Confidential Containers: a handshake for a token is tried five times, one
/// second apart; a resource is asked for three times, with a new handshake after each 401. One difference: a refusal that another
/// handshake cannot change (403, or 401 with the name of such an error) is not asked for again.
/// </remarks>
public sealed partial class KbsClient : IDisposable
{
    /// <summary>The version of the protocol that is spoken.</summary>
    public const string ProtocolVersion = "0.4.0";

    private const string Prefix = "kbs/v0/";
    private readonly KbsClientOptions _options;
    private readonly IEvidenceProvider _evidence;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Uri _base;
    private readonly HttpMessageInvoker _http;
    private readonly TeeKeyPair _key = new();
    private readonly SemaphoreSlim _handshaking = new(1, 1);
    private volatile KbsToken? _token;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    /// <param name="options">Address and limits.</param>
    /// <param name="evidence">Makes this workload's evidence.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where to log; null: nowhere.</param>
    /// <exception cref="ArgumentException">The address is not one that may be used; the message says why.</exception>
    public KbsClient(KbsClientOptions options, IEvidenceProvider evidence, TimeProvider time, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.HandshakeAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ResourceAttempts, 1);
        _options = options;
        _evidence = evidence;
        _time = time;
        _logger = logger ?? NullLogger.Instance;
        _base = BaseOf(options);
        _http = new HttpMessageInvoker(CreateHandler(options, time));
    }

    /// <summary>Gives a token that is still valid, attesting if there is none.</summary>
    /// <exception cref="KbsClientException">The broker could not be reached or says no.</exception>
    public async Task<KbsToken> GetTokenAsync(CancellationToken cancellationToken)
    {
        if (_token is { } held && held.Expires > _time.GetUtcNow())
        {
            return held;
        }

        return await AttestAsync(_token, _options.HandshakeAttempts, cancellationToken);
    }

    /// <summary>Fetches and decrypts a resource, attesting if there is no session.</summary>
    /// <param name="path">Which resource.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>The resource. A secret: clear it after use where that matters.</returns>
    /// <exception cref="KbsClientException">The broker could not be reached or says no.</exception>
    public async Task<byte[]> GetResourceAsync(ResourcePath path, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var token = _token ?? await AttestAsync(null, attempts: 1, cancellationToken);
            try
            {
                var sealedResource = await SendAsync(
                    HttpMethod.Get, $"resource/{path}", body: null, _options.MaximumResourceAnswer, cancellationToken);
                return _key.Decrypt(sealedResource);
            }
            catch (KbsClientException refusal) when (refusal.Error is KbsClientError.Unauthorized && attempt < _options.ResourceAttempts)
            {
                GuestApiLog.SessionLost(_logger, _base);
                await AttestAsync(token, attempts: 1, cancellationToken);
            }
        }
    }

    /// <summary>Closes the connections and forgets the key.</summary>
    public void Dispose()
    {
        _http.Dispose();
        _key.Dispose();
        _handshaking.Dispose();
    }

    // One handshake at a time; whoever waited for another one's handshake takes its result, unless that is the token it came with.
    private async Task<KbsToken> AttestAsync(KbsToken? unusable, int attempts, CancellationToken cancellationToken)
    {
        await _handshaking.WaitAsync(cancellationToken);
        try
        {
            if (_token is { } fresh && !ReferenceEquals(fresh, unusable))
            {
                return fresh;
            }

            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return _token = await HandshakeAsync(cancellationToken);
                }
                catch (KbsClientException failure) when (failure.IsTransient && attempt < attempts)
                {
                    GuestApiLog.HandshakeFailed(_logger, attempt, attempts, _base, failure.Message);
                    await Task.Delay(Pause(failure.RetryAfter), _time, cancellationToken);
                }
            }
        }
        finally
        {
            _handshaking.Release();
        }
    }

    // A broker may ask for patience, but not for more than a request may take.
    private TimeSpan Pause(TimeSpan? asked) =>
        asked is { } pause && pause > _options.HandshakeInterval
            ? pause < _options.RequestTimeout ? pause : _options.RequestTimeout
            : _options.HandshakeInterval;

    private static Uri BaseOf(KbsClientOptions options)
    {
        var address = options.Address;
        if (!address.IsAbsoluteUri || address.Scheme is not ("https" or "http"))
        {
            throw new ArgumentException($"The broker's address '{address}' is not an https URL.", nameof(options));
        }

        if (address.Scheme is "http" && !address.IsLoopback && !options.AllowPlainHttpBeyondLoopback)
        {
            throw new ArgumentException(
                $"The broker's address '{address}' is plain http and not on this machine: whoever is on the way could impersonate "
                + "the broker. Write https://HOST:PORT.", nameof(options));
        }

        return new Uri(new Uri(address.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/"), Prefix);
    }

    private static SocketsHttpHandler CreateHandler(KbsClientOptions options, TimeProvider time)
    {
        var handler = new SocketsHttpHandler
        {
            UseCookies = true,
            CookieContainer = new CookieContainer(capacity: 16),
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.RequestTimeout,
            MaxResponseHeadersLength = 32,                                   // KiB
            // Loopback needs no proxy, and asking for the system's costs a tenth of a second.
            UseProxy = !options.Address.IsLoopback,
        };
        if (options.PinnedCertificate is { } pinned)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => IsPinned(certificate, pinned.Span, time);
        }

        return handler;
    }

    private static bool IsPinned(X509Certificate? certificate, ReadOnlySpan<byte> pinned, TimeProvider time) =>
        certificate is X509Certificate2 presented
        && presented.RawDataMemory.Span.SequenceEqual(pinned)
        && presented.NotBefore.ToUniversalTime() <= time.GetUtcNow().UtcDateTime
        && time.GetUtcNow().UtcDateTime <= presented.NotAfter.ToUniversalTime();

}
