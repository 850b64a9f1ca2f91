using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Casemate.Collateral.Upstream;

/// <summary>
/// Sends one request at a time and reads a bounded answer. Every failure becomes an <see cref="UpstreamAnswer"/>; only the caller's
/// own cancellation throws.
/// </summary>
internal sealed class UpstreamHttp : IDisposable
{
    // Text from the other side, in our messages: enough to say what is wrong, too little to flood a log.
    private const int MaximumQuoted = 200;

    // Our own words around them, with a remedy.
    private const int MaximumExplained = 400;

    private const string CutOff = "the answer was cut off";

    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromDays(1);

    private readonly HttpClient _client;
    private readonly UpstreamEndpoint _endpoint;
    private readonly TimeProvider _time;

    public UpstreamHttp(UpstreamEndpoint endpoint, HttpMessageHandler handler, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(handler);
        endpoint.Require();
        (_endpoint, _time) = (endpoint, time);
        _client = new HttpClient(handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The address of a route.</summary>
    /// <param name="pathAndQuery">Relative, or absolute (another host's document); every value in it escaped.</param>
    public Uri Locate(string pathAndQuery) => new(WithSlash(_endpoint.Address), pathAndQuery);

    /// <summary>Asks.</summary>
    /// <param name="request">The request; disposed here.</param>
    /// <param name="limit">The largest body that is accepted, in bytes.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <param name="quoteRefusal">
    /// Whether the body of a refusal is quoted, as far as it is a short text: for services that say their reason there. Long digits, which
    /// may be the id of a machine, are left out.
    /// </param>
    /// <returns>The response, or the answer that says what went wrong.</returns>
    public async ValueTask<(UpstreamResponse? Response, UpstreamAnswer? Failure)> SendAsync(
        HttpRequestMessage request, int limit, CancellationToken cancellationToken, bool quoteRefusal = false)
    {
        using var _ = request;
        using var whole = new CancellationTokenSource(_endpoint.Timeout, _time);
        using var head = new CancellationTokenSource(_endpoint.FirstByteTimeout, _time);
        using var untilHead = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, whole.Token, head.Token);
        using var untilEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, whole.Token);
        var host = request.RequestUri!.Authority;
        try
        {
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("casemate", null));
            using var response = await _client.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, untilHead.Token).ConfigureAwait(false);
            if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.Created))
            {
                var refusal = quoteRefusal ? await ReadAsync(response, limit, untilEnd.Token).ConfigureAwait(false) : default;
                return (null, Failed(response, host, RefusalText.From(refusal.Body)));
            }

            var (body, problem) = await ReadAsync(response, limit, untilEnd.Token).ConfigureAwait(false);
            if (body is null)
            {
                // A connection that broke is worth another attempt; a document that is none will be none again.
                var status = problem == CutOff ? UpstreamStatus.Unavailable : UpstreamStatus.Malformed;
                return (null, new UpstreamAnswer(status, Problem: $"{host}: {problem}"));
            }

            return LooksLikeHtml(body)
                ? (null, Malformed($"{host} answered with an HTML page: a proxy or a login page stands in between"))
                : (new UpstreamResponse(body, Headers(response), request.RequestUri.GetLeftPart(UriPartial.Path)), null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var limitSeconds = (whole.IsCancellationRequested ? _endpoint.Timeout : _endpoint.FirstByteTimeout).TotalSeconds;
            return (null, new UpstreamAnswer(
                UpstreamStatus.TimedOut, Problem: string.Create(
                    CultureInfo.InvariantCulture, $"{host} did not answer within {limitSeconds:0.###} s")));
        }
        catch (HttpRequestException exception) when (
            exception.HttpRequestError is HttpRequestError.ConfigurationLimitExceeded or HttpRequestError.InvalidResponse)
        {
            return (null, Malformed($"{host}: {Clean(exception.Message)}{ConnectionFault.HintOfScheme(request.RequestUri)}"));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            var detail = ConnectionFault.Describe(exception, request.RequestUri, _endpoint.TrustRemedy);
            return (null, new UpstreamAnswer(UpstreamStatus.Unavailable, Problem: $"{host}: {Clean(detail, MaximumExplained)}"));
        }
    }

    /// <summary>An answer that is no document.</summary>
    public static UpstreamAnswer Malformed(string problem) => new(UpstreamStatus.Malformed, Problem: problem);

    /// <summary>Text from outside, fit for a message: printable ASCII, and not much of it.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="limit">How much of it, in characters.</param>
    public static string Clean(string text, int limit = MaximumQuoted)
    {
        var clean = new StringBuilder();
        foreach (var character in text.AsSpan(0, Math.Min(text.Length, limit)))
        {
            clean.Append(character is >= ' ' and < (char)127 ? character : '.');
        }

        return clean.ToString();
    }

    public void Dispose() => _client.Dispose();

    private static Uri WithSlash(Uri address) =>
        address.AbsolutePath.EndsWith('/') ? address : new UriBuilder(address) { Path = address.AbsolutePath + "/" }.Uri;

    private static async ValueTask<(byte[]? Body, string Problem)> ReadAsync(
        HttpResponseMessage response, int limit, CancellationToken cancellationToken)
    {
        var announced = response.Content.Headers.ContentLength;
        var tooLarge = $"the answer is larger than {limit / 1024} KiB, the limit for such a document";
        if (announced > limit)
        {
            return (null, tooLarge);
        }

        if (response.Content.Headers.ContentEncoding.Count > 0)
        {
            return (null, "the answer is compressed, which was not asked for");
        }

        using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        using var body = new MemoryStream((int)Math.Min(announced ?? 0, limit));
        var chunk = new byte[16 * 1024];
        while (true)
        {
            int count;
            try
            {
                count = await stream.ReadAsync(chunk, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                return (null, CutOff);
            }

            if (count == 0)
            {
                return body.Length == 0 ? (null, "the answer is empty") : (body.ToArray(), "");
            }

            if (body.Length + count > limit)
            {
                return (null, tooLarge);
            }

            body.Write(chunk, 0, count);
        }
    }

    private UpstreamAnswer Failed(HttpResponseMessage response, string host, string reason)
    {
        var code = (int)response.StatusCode;
        var status = code switch
        {
            404 or 461 or 462 => UpstreamStatus.NotFound,
            400 or 405 or 406 or 413 or 414 or 415 or 431 => UpstreamStatus.Refused,
            401 or 403 or 407 => UpstreamStatus.Unauthorized,
            410 => UpstreamStatus.Gone,
            429 => UpstreamStatus.Throttled,
            460 => UpstreamStatus.Malformed,
            >= 300 and < 400 => UpstreamStatus.NotAllowed,
            >= 200 and < 300 => UpstreamStatus.Malformed,
            _ => UpstreamStatus.Unavailable,
        };
        var said = string.Join(
            ": ", new[] { "Error-Code", "Error-Message" }
                .Select(name => response.Headers.TryGetValues(name, out var values) ? Clean(values.First()) : "")
                .Where(text => text.Length > 0));
        var problem = $"{host} answered {code}"
            + (status is UpstreamStatus.NotAllowed ? ", a redirect, which is not followed" : "")
            + (said.Length > 0 ? $" ({said})" : "")
            + (reason.Length > 0 ? $": {reason}" : "")
            + (response.Headers.TryGetValues("Request-ID", out var ids) ? $", request {Clean(ids.First())}" : "");
        return new UpstreamAnswer(status, Problem: problem, RetryAfter: RetryAfter(response), HttpStatus: code);
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? (header?.Date is { } date ? date - _time.GetUtcNow() : null);
        return wait is not { } value || value <= TimeSpan.Zero ? null : value > LongestRetryAfter ? LongestRetryAfter : value;
    }

    private static Dictionary<string, string> Headers(HttpResponseMessage response)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            headers.TryAdd(name, values.FirstOrDefault() ?? "");
        }

        return headers;
    }

    private static bool LooksLikeHtml(ReadOnlySpan<byte> body)
    {
        var text = body.TrimStart(" \t\r\n"u8);
        return text.StartsWith("<"u8);
    }
}
