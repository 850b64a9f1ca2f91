using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using Casemate.Collateral.Pccs;

namespace Casemate.Collateral.Upstream;

/// <summary>
/// Registers machines with a caching service, as Intel's PCK id retrieval tool does. Repeating it does no harm. Source: PCCS, <c>POST
/// /platforms</c>.
/// </summary>
public sealed class PccsRegistrar : IDisposable
{
    private const int MaximumAnswer = 64 * 1024;
    private const int MaximumTokenLength = 1024;

    private readonly UpstreamHttp _http;

    /// <summary>Makes a registrar.</summary>
    /// <param name="endpoint">
    /// The certification base: <c>https://pccs.example:8081/sgx/certification/v4/</c>. A registration waits for the service's own sources:
    /// allow it more time than other requests.
    /// </param>
    /// <param name="handler">Sends the requests, such as <see cref="UpstreamTransport.CreateHandler"/>'s; not disposed here.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">The address may not be used: a token goes over HTTPS, or to this machine.</exception>
    public PccsRegistrar(UpstreamEndpoint endpoint, HttpMessageHandler handler, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(time);
        _http = new UpstreamHttp(endpoint, handler, time);
        if (endpoint.Address is { Scheme: "http", IsLoopback: false })
        {
            throw new ArgumentException("A token goes over HTTPS only.", nameof(endpoint));
        }
    }

    /// <summary>Registers a machine.</summary>
    /// <param name="registration">The machine.</param>
    /// <param name="userToken">The user's token: printable ASCII, at most 1024 characters. It is sent, and never repeated in an
    /// answer.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    /// <returns><see cref="UpstreamStatus.Found"/> without a document when the machine is registered; otherwise what the service
    /// said, with the reason in the body of its answer.</returns>
    /// <exception cref="ArgumentException">The token cannot stand in a header.</exception>
    public async ValueTask<UpstreamAnswer> RegisterAsync(
        PlatformRegistration registration, string userToken, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(registration);
        ArgumentNullException.ThrowIfNull(userToken);
        if (userToken.Length is 0 or > MaximumTokenLength || userToken.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            throw new ArgumentException($"A token is 1 to {MaximumTokenLength} printable characters of ASCII.", nameof(userToken));
        }

        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            registration.Write(json);
        }

        var message = new HttpRequestMessage(HttpMethod.Post, _http.Locate("platforms"))
        {
            Content = new ByteArrayContent(body.WrittenSpan.ToArray()),
        };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        message.Headers.Add("user-token", userToken);
        var (_, failure) = await _http.SendAsync(message, MaximumAnswer, cancellationToken, quoteRefusal: true).ConfigureAwait(false);
        return failure is null ? new UpstreamAnswer(UpstreamStatus.Found, HttpStatus: 200)
            : failure with { Problem = failure.Problem.Replace(userToken, "…", StringComparison.Ordinal) };
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
