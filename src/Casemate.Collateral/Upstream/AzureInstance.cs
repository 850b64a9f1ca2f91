using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Collateral.Upstream;

/// <summary>
/// Asks the metadata service of an Azure virtual machine (IMDS) in which region it runs. Source: Azure Instance Metadata Service,
/// <c>/metadata/instance</c>, API version 2021-02-01, member <c>compute.location</c>.
/// </summary>
public sealed class AzureInstance : IDisposable
{
    private const string Route = "instance?api-version=2021-02-01";
    private const int MaximumAnswer = 256 * 1024;
    private const int MaximumRegionLength = 32;

    private readonly UpstreamEndpoint _endpoint;
    private readonly UpstreamHttp _http;

    /// <summary>Makes a client.</summary>
    /// <param name="endpoint">Where the metadata service is; null: the link-local address, with one second for an answer.</param>
    /// <param name="handler">Sends the request: a handler without a proxy. Not disposed here.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">The address may not be used.</exception>
    public AzureInstance(UpstreamEndpoint? endpoint, HttpMessageHandler handler, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _endpoint = endpoint ?? LinkLocal;
        _http = new UpstreamHttp(_endpoint, handler, time);
    }

    /// <summary>The metadata service of a virtual machine. Where it is blocked nothing answers at all: hence one second.</summary>
    public static UpstreamEndpoint LinkLocal { get; } = new()
    {
        Address = new Uri("http://169.254.169.254/metadata/"),
        AllowUnprotectedHttp = true,
        FirstByteTimeout = TimeSpan.FromSeconds(1),
        Timeout = TimeSpan.FromSeconds(1),
    };

    /// <summary>Asks once.</summary>
    /// <param name="cancellationToken">Stops the request.</param>
    /// <returns>
    /// The region, 1 to 32 lower-case letters and digits, and an empty problem; or null, and what is wrong and what to do about it. What
    /// the service says is signed by nobody: use it to choose an address, never to decide anything.
    /// </returns>
    public async ValueTask<(string? Region, string Problem)> FindRegionAsync(CancellationToken cancellationToken)
    {
        var message = new HttpRequestMessage(HttpMethod.Get, _http.Locate(Route));
        message.Headers.Add("Metadata", "true");
        var (response, failure) = await _http.SendAsync(message, MaximumAnswer, cancellationToken).ConfigureAwait(false);
        if (failure is not null)
        {
            return (null, failure.Status is UpstreamStatus.TimedOut or UpstreamStatus.Unavailable
                ? $"the metadata service is not reached ({failure.Problem}): this is no Azure virtual machine, or a network policy blocks "
                    + $"{_endpoint.Address.Host}. Allow egress to {_endpoint.Address.Host}/32, port {_endpoint.Address.Port}, or name the region"
                : $"the metadata service refuses ({failure.Problem}): name the region");
        }

        if (!StrictJson.TryParse(response!.Body, out var document, out var error))
        {
            return (null, $"the metadata service answered with something else than JSON: {error}");
        }

        using (document)
        {
            var region = document.RootElement.ValueKind is JsonValueKind.Object
                && document.RootElement.TryGetProperty("compute", out var compute)
                    ? JsonInput.TextOrEmpty(compute, "location")
                    : "";
            return IsRegion(region) ? (region, "") : (null, "the metadata service names no region in compute.location");
        }
    }

    /// <summary>Whether a text may be a region: it becomes a part of a host's name.</summary>
    /// <param name="text">The text.</param>
    public static bool IsRegion(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length is > 0 and <= MaximumRegionLength && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c));
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
