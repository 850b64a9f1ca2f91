using Casemate.Collateral.Store;

namespace Casemate.Collateral.Upstream;

/// <summary>
/// Another caching service (PCCS) as upstream: the reference implementation, or this one. It knows machines by QE id and chooses PCK
/// certificates itself. Source: reference PCCS.
/// </summary>
public sealed class PccsClient : ICollateralUpstream
{
    private readonly UpstreamEndpoint _endpoint;
    private readonly UpstreamHttp _http;
    private readonly TimeProvider _time;

    /// <summary>Makes a client.</summary>
    /// <param name="endpoint">
    /// The certification base, as <c>pccs_url</c> names it: <c>https://pccs.example:8081/sgx/certification/v4/</c>. Its version is put in
    /// place of the one that a document needs.
    /// </param>
    /// <param name="handler">Sends the requests, such as <see cref="UpstreamTransport.CreateHandler"/>'s; not disposed here.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">The address may not be used, or is no certification base.</exception>
    public PccsClient(UpstreamEndpoint endpoint, HttpMessageHandler handler, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(time);
        (_endpoint, _time) = (endpoint, time);
        _http = new UpstreamHttp(endpoint, handler, time);
        if (!endpoint.Address.AbsolutePath.TrimEnd('/').EndsWith("/sgx/certification/v4", StringComparison.Ordinal)
            && !endpoint.Address.AbsolutePath.TrimEnd('/').EndsWith("/sgx/certification/v3", StringComparison.Ordinal))
        {
            throw new ArgumentException("The address of a PCCS ends in /sgx/certification/v4/.", nameof(endpoint));
        }
    }

    /// <inheritdoc/>
    public string Name => $"PCCS {Host}";

    /// <inheritdoc/>
    public string Host => _endpoint.Host;

    /// <inheritdoc/>
    public bool Offers(CollateralKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Kind is CollateralKind.PckCertificate || CertificationApi.Route(key) is not null;
    }

    /// <inheritdoc/>
    public async ValueTask<UpstreamAnswer> FetchAsync(CollateralRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var key = request.Key;
        var route = key.Kind is CollateralKind.PckCertificate
            ? PckRoute(key, request.Platform)
            : CertificationApi.Route(key)!;
        var version = key.ApiVersion == 3 ? "../v3/" : "../v4/";
        var address = new Uri(CertificationApi.BaseFor(_http.Locate(version), key), route);
        var (response, failure) = await _http.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, address), PcsClient.LimitOf(key), cancellationToken).ConfigureAwait(false);
        return failure ?? CertificationApi.Read(key, response!, _time.GetUtcNow());
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>The parameters of <c>pckcert</c>.</summary>
    internal static string PckRoute(CollateralKey key, ProvisionedPlatform? platform) =>
        $"pckcert?qeid={key.QeId}&cpusvn={key.CpuSvn}&pcesvn={key.PceSvn}&pceid={key.PceId}"
        + (platform is { EncryptedPpid.Length: > 0 } ? $"&encrypted_ppid={platform.EncryptedPpid}" : "");
}
