using System.Globalization;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Upstream;

/// <summary>
/// AMD's Key Distribution Service, or a cache with its routes. VLEK certificates are given to cloud providers only. Source: AMD 57230,
/// chapter 4.
/// </summary>
public sealed class KdsClient : ICollateralUpstream
{
    /// <summary>AMD's own service.</summary>
    public static UpstreamEndpoint Amd { get; } = new() { Address = new Uri("https://kdsintf.amd.com/") };

    private readonly UpstreamEndpoint _endpoint;
    private readonly UpstreamHttp _http;
    private readonly TimeProvider _time;

    /// <summary>Makes a client.</summary>
    /// <param name="endpoint">Where the service is; <see cref="Amd"/>, or a cache.</param>
    /// <param name="handler">Sends the requests, such as <see cref="UpstreamTransport.CreateHandler"/>'s; not disposed here.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">The address may not be used.</exception>
    public KdsClient(UpstreamEndpoint endpoint, HttpMessageHandler handler, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(time);
        (_endpoint, _time) = (endpoint, time);
        _http = new UpstreamHttp(endpoint, handler, time);
    }

    /// <inheritdoc/>
    public string Name => $"KDS {Host}";

    /// <inheritdoc/>
    public string Host => _endpoint.Host;

    /// <inheritdoc/>
    public bool Offers(CollateralKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Kind is CollateralKind.Vcek or CollateralKind.Vlek or CollateralKind.SnpChain or CollateralKind.SnpCrl;
    }

    /// <inheritdoc/>
    public async ValueTask<UpstreamAnswer> FetchAsync(CollateralRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var key = request.Key;
        var (response, failure) = await _http.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, _http.Locate(Route(key))), PcsClient.LimitOf(key), cancellationToken).ConfigureAwait(false);
        return failure ?? CertificationApi.Read(key, response!, _time.GetUtcNow());
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>The route of a document.</summary>
    internal static string Route(CollateralKey key)
    {
        var kind = key.Signer is SnpSigner.Vlek ? "vlek" : "vcek";
        return key.Kind switch
        {
            CollateralKind.Vcek => $"vcek/v1/{key.Product}/{key.ChipId}?{Svns(key.Tcb)}",
            CollateralKind.Vlek => $"vlek/v1/{key.Product}/cert?{Svns(key.Tcb)}",
            CollateralKind.SnpChain => $"{kind}/v1/{key.Product}/cert_chain",
            CollateralKind.SnpCrl => $"{kind}/v1/{key.Product}/crl",
            _ => throw new ArgumentException("Not a document of AMD's service.", nameof(key)),
        };
    }

    // Decimal with two digits: the service accepts that and unpadded numbers, some caches only this.
    private static string Svns(SnpTcb tcb) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(tcb.Fmc is { } fmc ? $"fmcSPL={fmc:00}&" : "")}blSPL={tcb.BootLoader:00}&teeSPL={tcb.Tee:00}&snpSPL={tcb.Snp:00}&ucodeSPL={tcb.Microcode:00}");
}
