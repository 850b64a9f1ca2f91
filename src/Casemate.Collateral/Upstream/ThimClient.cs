using System.Text;
using System.Text.Json;
using Casemate.Collateral.Store;
using Casemate.Primitives.Json;

namespace Casemate.Collateral.Upstream;

/// <summary>
/// Azure's Trusted Hardware Identity Management: the metadata service answers for the machine that asks, in JSON; a cache answers for
/// Intel's documents like a PCCS. Source: Azure DCAP client.
/// </summary>
public sealed class ThimClient : ICollateralUpstream
{
    private const string PckApi = "2021-07-22-preview";
    private const string CacheApi = "2018-10-01-preview";
    private const int MaximumMetadataBytes = 256 * 1024;

    // The cache hands out a CRL by the address that the certificates name.
    private const string RootCrlAddress = "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der";
    private const string PckCrlAddress = "https://api.trustedservices.intel.com/sgx/certification/v4/pckcrl?ca=";

    private readonly ThimOptions _options;
    private readonly UpstreamHttp _metadata;
    private readonly UpstreamHttp _cache;
    private readonly UpstreamHttp? _regional;
    private readonly TimeProvider _time;
    private long _pausedUntil;

    /// <summary>Makes a client.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="metadata">Sends requests to the metadata service: a handler without a proxy. Not disposed here.</param>
    /// <param name="cache">Sends requests to the cache. Not disposed here.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">An address may not be used.</exception>
    public ThimClient(ThimOptions options, HttpMessageHandler metadata, HttpMessageHandler cache, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        (_options, _time) = (options, time);
        _metadata = new UpstreamHttp(options.Metadata, metadata, time);
        _cache = new UpstreamHttp(options.Cache, cache, time);
        _regional = options.Regional is { } regional ? new UpstreamHttp(regional, cache, time) : null;
    }

    /// <inheritdoc/>
    public string Name => $"THIM {Host}";

    /// <inheritdoc/>
    public string Host => _options.Cache.Host;

    /// <inheritdoc/>
    public bool Offers(CollateralKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Kind is CollateralKind.PckCertificate or CollateralKind.Vcek
            || (key.Kind is not (CollateralKind.TcbEvaluationNumbers or CollateralKind.Fmspcs) && CertificationApi.Route(key) is not null);
    }

    /// <inheritdoc/>
    public async ValueTask<UpstreamAnswer> FetchAsync(CollateralRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var key = request.Key;
        return key.Kind switch
        {
            CollateralKind.PckCertificate => await AskMetadataAsync(
                key, $"sgx/certification/v4/{PccsClient.PckRoute(key, request.Platform)}&clientid={ClientId}&api-version={PckApi}",
                ReadPckCertificate, cancellationToken).ConfigureAwait(false),
            CollateralKind.Vcek => await AskMetadataAsync(key, "amd/certification", ReadVcek, cancellationToken).ConfigureAwait(false),
            _ => await AskCacheAsync(key, cancellationToken).ConfigureAwait(false),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _metadata.Dispose();
        _cache.Dispose();
        _regional?.Dispose();
    }

    private string ClientId => Uri.EscapeDataString(_options.ClientId);

    // The regions have the documents of TDX first; what one of them does not give, the cache may.
    private async ValueTask<UpstreamAnswer> AskCacheAsync(CollateralKey key, CancellationToken cancellationToken)
    {
        if (_regional is not null && key.Tee is Attestation.Tee.Tdx && CertificationApi.Route(key) is { } tdx)
        {
            tdx += $"{(tdx.Contains('?', StringComparison.Ordinal) ? '&' : '?')}clientid={ClientId}";
            var (found, _) = await _regional.SendAsync(
                new HttpRequestMessage(HttpMethod.Get, new Uri(CertificationApi.BaseFor(_regional.Locate(""), key), tdx)),
                PcsClient.LimitOf(key), cancellationToken).ConfigureAwait(false);
            if (found is not null && CertificationApi.Read(key, found, _time.GetUtcNow()) is { Status: UpstreamStatus.Found } answer)
            {
                return answer;
            }
        }

        var route = key.Kind switch
        {
            CollateralKind.RootCaCrl => $"pckcrl?uri={Uri.EscapeDataString(RootCrlAddress)}",
            CollateralKind.PckCrl =>
                $"pckcrl?uri={Uri.EscapeDataString(PckCrlAddress + (key.PlatformCa ? "platform" : "processor") + "&encoding=der")}",
            _ => CertificationApi.Route(key)!,
        };
        route += $"{(route.Contains('?', StringComparison.Ordinal) ? '&' : '?')}clientid={ClientId}&api-version={CacheApi}";
        var address = new Uri(CertificationApi.BaseFor(_cache.Locate(key.ApiVersion == 3 ? "../v3/" : ""), key), route);
        var (response, failure) = await _cache.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, address), PcsClient.LimitOf(key), cancellationToken).ConfigureAwait(false);
        return failure ?? CertificationApi.Read(key, response!, _time.GetUtcNow());
    }

    private async ValueTask<UpstreamAnswer> AskMetadataAsync(
        CollateralKey key, string route, Func<CollateralKey, JsonElement, (byte[]? Raw, byte[] Chain)> read, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var pausedUntil = new DateTimeOffset(Volatile.Read(ref _pausedUntil), TimeSpan.Zero);
        if (now < pausedUntil)
        {
            return new UpstreamAnswer(
                UpstreamStatus.Unavailable, Problem: "the metadata service failed a moment ago and is left alone for now",
                RetryAfter: pausedUntil - now);
        }

        var message = new HttpRequestMessage(HttpMethod.Get, _metadata.Locate(route));
        message.Headers.Add("Metadata", "true");
        var (response, failure) = await _metadata.SendAsync(message, MaximumMetadataBytes, cancellationToken).ConfigureAwait(false);
        if (failure is not null)
        {
            if (failure.Status is UpstreamStatus.TimedOut or UpstreamStatus.Unavailable)
            {
                Volatile.Write(ref _pausedUntil, (_time.GetUtcNow() + _options.PauseAfterFailure).UtcTicks);
            }

            return failure;
        }

        if (!StrictJson.TryParse(response!.Body, out var document, out var error))
        {
            return UpstreamHttp.Malformed($"{response.Source}: {error}");
        }

        using (document)
        {
            var (raw, chain) = read(key, document.RootElement);
            return raw is null
                ? UpstreamHttp.Malformed($"{response.Source}: a certificate or its issuers are missing from the answer")
                : CertificationApi.Found(key, raw, chain, _time.GetUtcNow(), response.Source);
        }
    }

    private static (byte[]? Raw, byte[] Chain) ReadPckCertificate(CollateralKey key, JsonElement root)
    {
        var leaf = JsonInput.TextOrEmpty(root, "pckCert");
        return leaf.Length > 0 && CertificationApi.TryDecodeChain(
            JsonInput.TextOrEmpty(root, CertificationApi.PckChainHeader), out var chain)
            ? (Encoding.UTF8.GetBytes(leaf), chain)
            : (null, []);
    }

    // The answer is for the machine that asks; whether that is the chip in question is found when it is verified.
    private static (byte[]? Raw, byte[] Chain) ReadVcek(CollateralKey key, JsonElement root)
    {
        var chain = JsonInput.TextOrEmpty(root, "certificateChain");
        try
        {
            var vcek = PemText.Read(Encoding.UTF8.GetBytes(JsonInput.TextOrEmpty(root, "vcekCert")), "vcekCert");
            return chain.Length is > 0 and <= StoredCollateral.MaximumChainBytes && vcek is [var (_, der)]
                ? (der, Encoding.UTF8.GetBytes(chain))
                : (null, []);
        }
        catch (MalformedInputException)
        {
            return (null, []);                                              // the caller says what is wrong
        }
    }
}
