using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Upstream;

/// <summary>
/// Intel's Provisioning Certification Service. Documents need no key; PCK certificates need a subscription. Source: Intel PCS API v4,
/// and v3 for TCB infos of version 2 where a server still has them.
/// </summary>
public sealed class PcsClient : ICollateralUpstream
{
    private const string KeyHeader = "Ocp-Apim-Subscription-Key";

    private readonly PcsOptions _options;
    private readonly UpstreamHttp _http;
    private readonly UpstreamHttp _rootCrl;
    private readonly TimeProvider _time;

    /// <summary>Makes a client.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="handler">Sends the requests, such as <see cref="UpstreamTransport.CreateHandler"/>'s; not disposed here.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">An address may not be used.</exception>
    public PcsClient(PcsOptions options, HttpMessageHandler handler, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        (_options, _time) = (options, time);
        _http = new UpstreamHttp(options.Endpoint, handler, time);
        _rootCrl = new UpstreamHttp(options.RootCrl, handler, time);
        if (options.SubscriptionKeyFile is not null && options.Endpoint.Address is { Scheme: "http", IsLoopback: false })
        {
            throw new ArgumentException("A subscription key goes over HTTPS only.", nameof(options));
        }
    }

    /// <inheritdoc/>
    public string Name => $"PCS {Host}";

    /// <inheritdoc/>
    public string Host => _options.Endpoint.Host;

    /// <inheritdoc/>
    public bool Offers(CollateralKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Kind is CollateralKind.PckCertificates
            ? _options.SubscriptionKeyFile is not null
            : CertificationApi.Route(key) is not null;
    }

    /// <inheritdoc/>
    public async ValueTask<UpstreamAnswer> FetchAsync(CollateralRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var key = request.Key;
        if (key.Kind is CollateralKind.PckCertificates)
        {
            return await FetchPckCertificatesAsync(request, cancellationToken).ConfigureAwait(false);
        }

        var (http, address) = key.Kind is CollateralKind.RootCaCrl
            ? (_rootCrl, _options.RootCrl.Address)
            : (_http, new Uri(CertificationApi.BaseFor(CertificationBase(key.ApiVersion), key), CertificationApi.Route(key)!));
        var (response, failure) = await http.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, address), LimitOf(key), cancellationToken).ConfigureAwait(false);
        return failure ?? CertificationApi.Read(key, response!, _time.GetUtcNow());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _rootCrl.Dispose();
    }

    /// <summary>The largest body of an answer: text forms of a CRL are twice as long as the DER inside.</summary>
    internal static int LimitOf(CollateralKey key)
    {
        var limit = StoredCollateral.MaximumBytes(key.Kind);
        return key.Kind is CollateralKind.PckCrl or CollateralKind.RootCaCrl or CollateralKind.SnpCrl ? 2 * limit : limit;
    }

    private Uri CertificationBase(int version) => _http.Locate($"sgx/certification/v{version}/");

    private async ValueTask<UpstreamAnswer> FetchPckCertificatesAsync(CollateralRequest request, CancellationToken cancellationToken)
    {
        var (key, platform) = (request.Key, request.Platform);
        if (platform is null || (platform.EncryptedPpid.Length == 0 && platform.PlatformManifest.Length == 0))
        {
            return new UpstreamAnswer(
                UpstreamStatus.NotFound, Problem: $"{Host} knows a machine by its encrypted PPID or its manifest, and neither is known here");
        }

        var problem = "no subscription key is set";
        if (_options.SubscriptionKeyFile is not { } file || SubscriptionKey.TryRead(file, out problem) is not { } secret)
        {
            return new UpstreamAnswer(UpstreamStatus.Unauthorized, Problem: $"{Host}: {problem}");
        }

        var message = platform.PlatformManifest.Length > 0
            ? new HttpRequestMessage(HttpMethod.Post, new Uri(CertificationBase(4), "pckcerts")) { Content = Manifest(platform) }
            : new HttpRequestMessage(
                HttpMethod.Get, new Uri(CertificationBase(4), $"pckcerts?encrypted_ppid={platform.EncryptedPpid}&pceid={platform.PceId}"));
        message.Headers.Add(KeyHeader, secret);
        var (response, failure) = await _http.SendAsync(message, LimitOf(key), cancellationToken).ConfigureAwait(false);
        return failure ?? CertificationApi.Read(key, response!, _time.GetUtcNow());
    }

    private static ByteArrayContent Manifest(ProvisionedPlatform platform)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("platformManifest", platform.PlatformManifest);
            json.WriteString("pceid", platform.PceId);
            json.WriteEndObject();
        }

        var content = new ByteArrayContent(body.WrittenSpan.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }
}
