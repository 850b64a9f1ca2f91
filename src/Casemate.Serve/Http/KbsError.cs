using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Casemate.Broker;
using Microsoft.AspNetCore.Http;

namespace Casemate.Serve.Http;

/// <summary>An error response: status, stable name, and one sentence for people. Source: KBS protocol, error format (RFC 7807).</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Name">The last part of <c>type</c>.</param>
/// <param name="Detail">What is wrong and what to do.</param>
internal sealed record KbsError(int Status, string Name, string Detail)
{
    /// <summary>What stands before the name in <c>type</c>.</summary>
    public const string TypePrefix = "https://github.com/confidential-containers/kbs/errors/";

    // Details quote names in ' and hold no markup; the default encoder would spell ' as \u0027, which people then read.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The methods that the path knows, for 405; null otherwise.</summary>
    public string? Allow { get; init; }

    /// <summary>The response to a broker's refusal.</summary>
    /// <param name="error">The refusal.</param>
    /// <param name="compatible">Whether 401 stands in for 400, 403 and 404, as in Confidential Containers' own broker.</param>
    public static KbsError Of(BrokerError error, bool compatible)
    {
        var status = error.Code switch
        {
            BrokerErrorCode.MalformedRequest => StatusCodes.Status400BadRequest,
            BrokerErrorCode.ProtocolVersionMismatch => StatusCodes.Status401Unauthorized,
            BrokerErrorCode.UnsupportedTee => StatusCodes.Status403Forbidden,
            BrokerErrorCode.SessionNotFound => StatusCodes.Status401Unauthorized,
            BrokerErrorCode.TooManySessions => StatusCodes.Status429TooManyRequests,
            BrokerErrorCode.Busy => StatusCodes.Status503ServiceUnavailable,
            BrokerErrorCode.AttestationFailed => StatusCodes.Status401Unauthorized,
            BrokerErrorCode.PolicyDeny => StatusCodes.Status403Forbidden,
            BrokerErrorCode.CollateralUnavailable => StatusCodes.Status503ServiceUnavailable,
            BrokerErrorCode.TokenNotFound => StatusCodes.Status401Unauthorized,
            BrokerErrorCode.TokenInvalid => StatusCodes.Status401Unauthorized,
            BrokerErrorCode.ResourceNotFound => StatusCodes.Status404NotFound,
            BrokerErrorCode.ResourceTooLarge => StatusCodes.Status413PayloadTooLarge,
            BrokerErrorCode.StorageUnavailable => StatusCodes.Status503ServiceUnavailable,
            _ => throw new ArgumentOutOfRangeException(nameof(error), error.Code, "A code without status."),
        };
        return new KbsError(compatible ? Compatible(status) : status, error.Code.ToString(), error.Detail)
        {
            RetryAfter = error.RetryAfter,
        };
    }

    /// <summary>The status that Confidential Containers' own broker answers.</summary>
    public static int Compatible(int status) => status
        is StatusCodes.Status400BadRequest or StatusCodes.Status403Forbidden or StatusCodes.Status404NotFound
        ? StatusCodes.Status401Unauthorized
        : status;

    /// <summary>Sends the response.</summary>
    public Task WriteAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = Status;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        if (Status is StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        if (RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (Allow is not null)
        {
            response.Headers.Allow = Allow;
        }

        var body = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(body, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, TypePrefix + Name);
            writer.WriteString("detail"u8, Detail);
            writer.WriteEndObject();
        }

        response.ContentLength = body.WrittenCount;
        return response.BodyWriter.WriteAsync(body.WrittenMemory, context.RequestAborted).AsTask();
    }
}
