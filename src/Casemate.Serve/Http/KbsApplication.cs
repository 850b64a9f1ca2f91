using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Casemate.Broker;
using Casemate.Serve.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Http;

/// <summary>
/// The key broker service over HTTP, one handler for every request. Source: Confidential Containers, KBS protocol 0.4.0, base path
/// <c>/kbs/v0</c>.
/// </summary>
internal sealed class KbsApplication(
    KeyBroker broker, TokenIssuer tokens, AdminToken admin, ServeOptions options, ServeMetrics metrics, PrometheusText prometheus,
    TimeProvider time, ILogger logger)
{
    private const string BasePath = "/kbs/v0/";
    private const string SessionCookie = "kbs-session-id";
    private const int MaxAuthBodySize = 16 * 1024;

    // A nonce is base64: clients that are shell scripts should find its '+' as it is, and not as \u002B.
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly HealthAnswers _health = new(prometheus);
    private volatile bool _ready;

    /// <summary>Whether the service wants requests: between start and the beginning of the stop.</summary>
    public bool IsReady
    {
        get => _ready;
        set => _ready = value;
    }

    /// <summary>Answers a request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var started = time.GetTimestamp();
        var path = context.Request.Path.Value ?? "";
        var route = RouteOf(path);
        try
        {
            await DispatchAsync(context, route, path).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away: nobody is left to answer.
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await BodyError(e.StatusCode).WriteAsync(context).ConfigureAwait(false);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            ServeLog.RequestFailed(logger, route, e);
            await new KbsError(StatusCodes.Status500InternalServerError, "InternalError", "The request failed; the service's log says why.")
                .WriteAsync(context).ConfigureAwait(false);
        }
        finally
        {
            metrics.Count(route, context.Response.StatusCode, time.GetElapsedTime(started));
        }
    }

    private static KbsError BodyError(int status) => status switch
    {
        StatusCodes.Status413PayloadTooLarge => new KbsError(status, "PayloadTooLarge", "The body of the request is too large."),
        StatusCodes.Status408RequestTimeout => new KbsError(status, "RequestTimeout", "The body of the request came too slowly."),
        _ => new KbsError(status, "MalformedRequest", "The body of the request could not be read."),
    };

    private static HttpRoute RouteOf(string path) => path switch
    {
        BasePath + "auth" => HttpRoute.Auth,
        BasePath + "attest" => HttpRoute.Attest,
        "/.well-known/jwks.json" => HttpRoute.Jwks,
        HealthAnswers.HealthPath => HttpRoute.Health,
        HealthAnswers.ReadyPath => HttpRoute.Ready,
        HealthAnswers.MetricsPath => HttpRoute.Metrics,
        _ when path.StartsWith(BasePath + "resource/", StringComparison.Ordinal) => HttpRoute.Resource,
        _ when path.StartsWith(BasePath, StringComparison.Ordinal) => HttpRoute.UnknownPlugin,
        _ => HttpRoute.Unknown,
    };

    private Task DispatchAsync(HttpContext context, HttpRoute route, string path)
    {
        var method = context.Request.Method;
        return (route, method) switch
        {
            (HttpRoute.Auth, "POST") => AuthAsync(context),
            (HttpRoute.Attest, "POST") => AttestAsync(context),
            (HttpRoute.Resource, "GET" or "POST" or "DELETE") => ResourceAsync(context, method, path),
            (HttpRoute.Jwks, "GET") => WriteAsync(context, "application/json", tokens.JwksJson),
            (HttpRoute.Health, "GET" or "HEAD") => HealthAnswers.HealthAsync(context),
            (HttpRoute.Ready, "GET" or "HEAD") => HealthAnswers.ReadyAsync(context, IsReady ? null : "stopping"),
            (HttpRoute.Metrics, "GET") => _health.MetricsAsync(context),
            (HttpRoute.UnknownPlugin, _) =>
                new KbsError(StatusCodes.Status404NotFound, "PluginNotFound", "There is no such path under /kbs/v0.").WriteAsync(context),
            (HttpRoute.Unknown, _) =>
                new KbsError(StatusCodes.Status404NotFound, "InvalidRequestPath", "There is no such path.").WriteAsync(context),
            _ => new KbsError(StatusCodes.Status405MethodNotAllowed, "MethodNotAllowed", "The path does not know this method.")
            {
                Allow = route switch
                {
                    HttpRoute.Auth or HttpRoute.Attest => "POST",
                    HttpRoute.Resource => "GET, POST, DELETE",
                    HttpRoute.Health or HttpRoute.Ready => "GET, HEAD",
                    _ => "GET",
                },
            }.WriteAsync(context),
        };
    }

    private async Task AuthAsync(HttpContext context)
    {
        if (await RequestBody.ReadAsync(context.Request, MaxAuthBodySize, context.RequestAborted).ConfigureAwait(false) is not { } body)
        {
            await TooLargeAsync(context, MaxAuthBodySize).ConfigureAwait(false);
            return;
        }

        var result = broker.Challenge(body);
        if (!result.Succeeded)
        {
            await RefuseAsync(context, result.Error).ConfigureAwait(false);
            return;
        }

        SetSessionCookie(context, result.Value.SessionId, result.Value.Expires);
        await WriteJsonAsync(context, writer =>
        {
            writer.WriteString("nonce"u8, result.Value.Nonce);
            writer.WriteString("extra-params"u8, ""u8);
        }).ConfigureAwait(false);
    }

    private async Task AttestAsync(HttpContext context)
    {
        var limit = options.MaxRequestBodySize;
        if (await RequestBody.ReadAsync(context.Request, limit, context.RequestAborted).ConfigureAwait(false) is not { } body)
        {
            await TooLargeAsync(context, limit).ConfigureAwait(false);
            return;
        }

        var result = await broker.AttestAsync(SessionOf(context), body, context.RequestAborted).ConfigureAwait(false);
        if (!result.Succeeded)
        {
            await RefuseAsync(context, result.Error).ConfigureAwait(false);
            return;
        }

        SetSessionCookie(context, result.Value.SessionId, result.Value.SessionExpires);
        await WriteJsonAsync(context, writer => writer.WriteString("token"u8, result.Value.Token.Text)).ConfigureAwait(false);
    }

    private async Task ResourceAsync(HttpContext context, string method, string path)
    {
        // Who is not allowed in learns nothing of paths: authentication comes first, as far as there is any to check.
        var isAdmin = method is not "GET";
        if (isAdmin && !admin.Matches(BearerOf(context)))
        {
            ServeLog.AdminRefused(logger, HttpRoute.Resource);
            await new KbsError(
                StatusCodes.Status401Unauthorized, "AdminAuthAccess",
                "Storing and removing resources needs the admin token of the service's state directory: Authorization: Bearer TOKEN.")
                .WriteAsync(context).ConfigureAwait(false);
            return;
        }

        if (!ResourcePath.TryParse(path[(BasePath.Length + "resource/".Length)..], out var resource))
        {
            await new KbsError(
                StatusCodes.Status404NotFound, "InvalidRequestPath",
                "A resource path is REPOSITORY/TYPE/TAG, each of letters, digits, '_', '-' and '.', not starting with '.'.")
                .WriteAsync(context).ConfigureAwait(false);
            return;
        }

        await (method switch
        {
            "GET" => ReadResourceAsync(context, resource),
            "POST" => StoreResourceAsync(context, resource),
            _ => DeleteResourceAsync(context, resource),
        }).ConfigureAwait(false);
    }

    private async Task ReadResourceAsync(HttpContext context, ResourcePath resource)
    {
        var result = await broker.GetResourceAsync(SessionOf(context), BearerOf(context), resource, context.RequestAborted)
            .ConfigureAwait(false);
        await (result.Succeeded ? WriteAsync(context, "application/json", result.Value, secret: true) : RefuseAsync(context, result.Error))
            .ConfigureAwait(false);
    }

    private async Task StoreResourceAsync(HttpContext context, ResourcePath resource)
    {
        var limit = options.MaxResourceSize;
        if (await RequestBody.ReadAsync(context.Request, limit, context.RequestAborted).ConfigureAwait(false) is not { } body)
        {
            await TooLargeAsync(context, limit).ConfigureAwait(false);
            return;
        }

        var result = await broker.PutResourceAsync(resource, body, context.RequestAborted).ConfigureAwait(false);
        await (result.Succeeded ? WriteAsync(context, "application/json", default) : RefuseAsync(context, result.Error))
            .ConfigureAwait(false);
    }

    private async Task DeleteResourceAsync(HttpContext context, ResourcePath resource)
    {
        var result = await broker.DeleteResourceAsync(resource, context.RequestAborted).ConfigureAwait(false);
        await (result.Succeeded ? WriteAsync(context, "application/json", default) : RefuseAsync(context, result.Error))
            .ConfigureAwait(false);
    }

    private Task RefuseAsync(HttpContext context, BrokerError error)
    {
        if (error.Cause is not null)
        {
            BrokerLog.DependencyFailed(logger, error.Code, error.Cause);
        }

        return KbsError.Of(error, options.KbsCompatibleStatusCodes).WriteAsync(context);
    }

    private static Task TooLargeAsync(HttpContext context, int limit)
    {
        // The rest of the body is not worth reading, and a client that is still sending would take it for the next request.
        if (HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }

        return new KbsError(StatusCodes.Status413PayloadTooLarge, "PayloadTooLarge", $"The body of this request has at most {limit} bytes.")
            .WriteAsync(context);
    }

    private static string? SessionOf(HttpContext context) => context.Request.Cookies[SessionCookie];

    private static string? BearerOf(HttpContext context)
    {
        const string scheme = "Bearer ";
        var header = context.Request.Headers.Authorization;
        return header is [{ } value] && value.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? value[scheme.Length..].Trim() : null;
    }

    private static void SetSessionCookie(HttpContext context, string sessionId, DateTimeOffset expires) =>
        context.Response.Headers.SetCookie =
            $"{SessionCookie}={sessionId}; Path=/kbs/v0; Expires={expires.UtcDateTime.ToString("R", CultureInfo.InvariantCulture)}"
            + "; HttpOnly; SameSite=Strict" + (context.Request.IsHttps ? "; Secure" : "");

    private static Task WriteJsonAsync(HttpContext context, Action<Utf8JsonWriter> writeMembers)
    {
        var body = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(body, JsonOptions))
        {
            writer.WriteStartObject();
            writeMembers(writer);
            writer.WriteEndObject();
        }

        return WriteAsync(context, "application/json", body.WrittenMemory, secret: true);
    }

    private static Task WriteAsync(HttpContext context, string contentType, ReadOnlyMemory<byte> body, bool secret = false)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        if (secret)
        {
            context.Response.Headers.CacheControl = "no-store";
        }

        return body.IsEmpty || context.Request.Method is "HEAD"
            ? Task.CompletedTask
            : context.Response.BodyWriter.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
