using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Serve.Guest;

/// <content>One request and its answer, with limits on both time and size.</content>
public sealed partial class KbsClient
{
    private async Task<ReadOnlyMemory<byte>> SendAsync(
        HttpMethod method, string route, ReadOnlyMemory<byte>? body, int limit, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        using var request = new HttpRequestMessage(method, new Uri(_base, route));
        if (body is { } content)
        {
            request.Content = new ReadOnlyMemoryContent(content);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        try
        {
            using var response = await _http.SendAsync(request, either.Token);
            var ok = response.StatusCode is HttpStatusCode.OK;
            var answer = await ReadAsync(response.Content, ok ? limit : MaximumAnswer, either.Token);
            return ok ? answer : throw Failure(response, route, answer);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new KbsClientException(
                KbsClientError.Unreachable, $"the broker at {_base} did not answer within {_options.RequestTimeout.TotalSeconds:0} s");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new KbsClientException(
                KbsClientError.Unreachable, $"the broker at {_base} is out of reach: {Innermost(exception).Message}", exception);
        }
    }

    // Never more in memory than the limit, whatever the headers claim.
    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, int limit, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > limit)
        {
            throw Malformed($"it has {content.Headers.ContentLength} bytes, the limit is {limit}");
        }

        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[Math.Min(limit + 1, (content.Headers.ContentLength ?? 16 * 1024) + 1)];
        var length = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken)) > 0)
        {
            length += read;
            if (length > limit)
            {
                throw Malformed($"it has more than {limit} bytes");
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min((long)limit + 1, 2L * buffer.Length));
            }
        }

        return buffer.AsMemory(0, length);
    }

    private static KbsClientException Failure(HttpResponseMessage response, string route, ReadOnlyMemory<byte> answer)
    {
        var (name, detail) = ReadError(answer);

        // Some brokers answer 401 to everything; the name of the error tells what another handshake cannot change.
        var error = (response.StatusCode, name) switch
        {
            (HttpStatusCode.Unauthorized, "AttestationFailed" or "PolicyDeny" or "UnsupportedTee") => KbsClientError.Refused,
            (HttpStatusCode.Unauthorized, "ProtocolVersionMismatch") => KbsClientError.Rejected,
            (HttpStatusCode.Unauthorized, "ResourceNotFound") => KbsClientError.NotFound,
            (HttpStatusCode.Unauthorized, _) => KbsClientError.Unauthorized,
            (HttpStatusCode.Forbidden, _) => KbsClientError.Refused,
            (HttpStatusCode.NotFound, _) => KbsClientError.NotFound,
            (HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError, _) => KbsClientError.Unavailable,
            _ => KbsClientError.Rejected,
        };
        return new KbsClientException(error, $"the broker answered {(int)response.StatusCode} to {route}: {detail}")
        {
            RetryAfter = response.Headers.RetryAfter?.Delta,
        };
    }

    // {"type":"…/errors/NAME","detail":"…"}; whatever else comes is shown as text, shortened, without control characters.
    private static (string Name, string Detail) ReadError(ReadOnlyMemory<byte> answer)
    {
        const int longest = 2000;
        var (name, text) = ("", "");
        if (!StrictJson.TryParse(answer, out var document, out _))
        {
            text = Encoding.UTF8.GetString(answer.Span);       // Not the protocol's error object, such as a proxy's page.
        }
        else
        {
            using (document)
            {
                var root = document.RootElement;
                var type = TextMember(root, "type") ?? "";
                (name, text) = (type[(type.LastIndexOf('/') + 1)..], TextMember(root, "detail") ?? root.GetRawText());
            }
        }

        text = text.Length > longest ? string.Concat(text.AsSpan(0, longest), "...") : text;
        return (name, text.Length == 0 ? "(no detail)" : string.Create(text.Length, text, static (shown, source) =>
        {
            for (var i = 0; i < shown.Length; i++)
            {
                shown[i] = char.IsControl(source[i]) ? ' ' : source[i];
            }
        }));
    }

    private static string? TextMember(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()
            : null;

    private static Exception Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception;
    }
}
