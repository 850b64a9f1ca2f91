using System.Net.Http.Headers;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Upstream;

/// <summary>
/// Registers multi-package machines with Intel: without it there are no PCK certificates for them. Needs no subscription. One call, one
/// request; repeating it does no harm. Source: Intel SGX and TDX Registration API v1.
/// </summary>
public sealed class PlatformRegistrar : IDisposable
{
    private const int MaximumAnswer = 1024;

    private readonly UpstreamEndpoint _endpoint;
    private readonly UpstreamHttp _http;

    /// <summary>Makes a registrar.</summary>
    /// <param name="endpoint">Where the service is: <c>https://api.trustedservices.intel.com/</c>.</param>
    /// <param name="handler">Sends the requests, such as <see cref="UpstreamTransport.CreateHandler"/>'s; not disposed here.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">The address may not be used.</exception>
    public PlatformRegistrar(UpstreamEndpoint endpoint, HttpMessageHandler handler, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(time);
        _endpoint = endpoint;
        _http = new UpstreamHttp(endpoint, handler, time);
    }

    /// <summary>Host and port.</summary>
    public string Host => _endpoint.Host;

    /// <summary>Registers a machine.</summary>
    /// <param name="platformManifestHex">Its platform manifest, hex, at most <see cref="ProvisionedPlatform.MaximumManifestDigits"/>
    /// digits.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    /// <returns>
    /// <see cref="UpstreamStatus.Found"/> without a document when the machine is registered now; otherwise what the service said, its
    /// error code (such as <c>InvalidOrRevokedPackage</c>) included.
    /// </returns>
    /// <exception cref="FormatException">The manifest is not hex.</exception>
    public async ValueTask<UpstreamAnswer> RegisterAsync(string platformManifestHex, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(platformManifestHex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(platformManifestHex.Length, ProvisionedPlatform.MaximumManifestDigits);
        var message = new HttpRequestMessage(HttpMethod.Post, _http.Locate("sgx/registration/v1/platform"))
        {
            Content = new ByteArrayContent(Convert.FromHexString(platformManifestHex)),
        };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        var (_, failure) = await _http.SendAsync(message, MaximumAnswer, cancellationToken).ConfigureAwait(false);
        return failure ?? new UpstreamAnswer(UpstreamStatus.Found, HttpStatus: 201);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
