using System.Globalization;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Kubernetes;

/// <summary>Makes an error of an answer that is no success. Source: meta/v1, <c>Status</c>.</summary>
internal static class StatusAnswer
{
    private const int MaxBytes = 1 << 20;
    private const int MaxQuoted = 600;
    private const int MaxCauses = 100;

    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromDays(1);

    public static async Task<RequestFailure> ReadAsync(
        KubeRequest request, HttpResponseMessage response, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var code = (int)response.StatusCode;
        var (said, reason, seconds) = ("", "", (double?)null);
        IReadOnlyList<KubeCause> causes = [];
        try
        {
            var body = await BoundedBody.ReadAsync(response.Content, MaxBytes, cancellationToken).ConfigureAwait(false);
            if (StrictJson.TryParse(body, out var document, out _, KubeObject.MaxDepth))
            {
                using (document)
                {
                    (said, reason, seconds) = Read(document.RootElement);
                    causes = Causes(document.RootElement);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or InvalidDataException)
        {
            said = "and what it said could not be read";
        }

        var retryAfter = RetryAfter(response, now, seconds);
        var mayRetry = code is 429 or 500 or 502 or 503 or 504;
        var detail = code is >= 300 and < 400 ? "a redirect, which is not followed" : said;
        var message = string.Create(CultureInfo.InvariantCulture, $"{request}: the API server answered {code}")
            + (reason.Length > 0 ? $" {reason}" : "") + (detail.Length > 0 ? $": {detail}" : ".");

        // A server that is too busy, or names a wait, has not begun the work; after other failures only repeatable work may be repeated.
        var notBegun = code == 429 || (code is 500 or 503 or 504 && retryAfter is not null);
        return new RequestFailure(
            new KubeException(message, code, reason, retryAfter, mayRetry) { Causes = causes }, mayRetry && (notBegun || request.IsRepeatable));
    }

    /// <summary>The error that stands in a watch.</summary>
    public static KubeException OfWatch(KubeRequest request, JsonElement status)
    {
        var (said, reason, seconds) = Read(status);
        var code = status.ValueKind is JsonValueKind.Object && status.TryGetProperty("code", out var value)
            && value.ValueKind is JsonValueKind.Number && value.TryGetInt32(out var number)
            ? number
            : 500;
        return new KubeException(
            string.Create(CultureInfo.InvariantCulture, $"{request}: the watch ended with {code} {reason}: {said}"), code, reason,
            seconds is { } wait ? TimeSpan.FromSeconds(wait) : null, mayRetry: code is 410 or 429 or >= 500);
    }

    /// <summary>Text from outside, fit for a message: printable ASCII, and not much of it.</summary>
    public static string Clean(string text) => string.Create(
        Math.Min(text.Length, MaxQuoted), text, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
            {
                target[i] = source[i] is >= ' ' and < (char)127 ? source[i] : '.';
            }
        });

    private static (string Message, string Reason, double? RetryAfterSeconds) Read(JsonElement status)
    {
        if (KubeObject.Text(status, "kind") != "Status")
        {
            return ("", "", null);
        }

        double? seconds = null;
        if (status.TryGetProperty("details", out var details) && details.ValueKind is JsonValueKind.Object
            && details.TryGetProperty("retryAfterSeconds", out var value) && value.ValueKind is JsonValueKind.Number
            && value.TryGetDouble(out var wait) && wait is > 0 and < 86_400)
        {
            seconds = wait;
        }

        return (Clean(KubeObject.Text(status, "message")), Clean(KubeObject.Text(status, "reason")), seconds);
    }

    private static List<KubeCause> Causes(JsonElement status)
    {
        var causes = new List<KubeCause>();
        if (KubeObject.Text(status, "kind") == "Status" && status.TryGetProperty("details", out var details)
            && details.ValueKind is JsonValueKind.Object && details.TryGetProperty("causes", out var list)
            && list.ValueKind is JsonValueKind.Array)
        {
            foreach (var cause in list.EnumerateArray().Take(MaxCauses))
            {
                causes.Add(new KubeCause(
                    Clean(KubeObject.Text(cause, "reason")), Clean(KubeObject.Text(cause, "field")),
                    Clean(KubeObject.Text(cause, "message"))));
            }
        }

        return causes;
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response, DateTimeOffset now, double? seconds)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? (header?.Date is { } date ? date - now : seconds is { } s ? TimeSpan.FromSeconds(s) : null);
        return wait is not { } value || value <= TimeSpan.Zero ? null : value > LongestRetryAfter ? LongestRetryAfter : value;
    }
}
