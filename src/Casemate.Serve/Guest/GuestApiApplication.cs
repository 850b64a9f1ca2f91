using System.Net;
using System.Text;
using Casemate.Quoting;
using Casemate.Serve.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Guest;

/// <summary>
/// Answers the requests of the guest API. Statuses: 400 bad query, 403 not loopback, 404 unknown path or resource, 405 other
/// method, 500 with the reason as text when evidence, token or resource could not be had.
/// </summary>
internal sealed partial class GuestApiApplication(GuestApiOptions options, IEvidenceProvider evidence, KbsClient kbs, ILogger logger)
    : LocalApplication
{
    /// <summary>The largest request body: an entry for the event log.</summary>
    public const int MaximumRequestBody = 64 * 1024;

    private const string ResourcePrefix = "/cdh/resource/";
    private const string Bytes = "application/octet-stream";
    private const string Json = "application/json";

    protected override async Task RouteAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "/";
        try
        {
            await RouteAsync(context, path);
        }
        catch (KbsClientException exception)
        {
            GuestApiLog.RequestFailed(logger, RouteOf(path), exception.Error.ToString(), exception.Message);
            var isMissing = exception.Error is KbsClientError.NotFound;
            await TextAsync(
                context, isMissing ? StatusCodes.Status404NotFound : StatusCodes.Status500InternalServerError, exception.Message);
        }
        catch (EvidenceProviderException exception)
        {
            GuestApiLog.RequestFailed(logger, RouteOf(path), nameof(KbsClientError.NoEvidence), exception.Message);
            await TextAsync(context, StatusCodes.Status500InternalServerError, exception.Message);
        }
    }

    protected override Task RefuseAsync(HttpContext context, BadHttpRequestException problem) =>
        TextAsync(context, problem.StatusCode, problem.Message);

    protected override Task FailAsync(HttpContext context, Exception failure)
    {
        GuestApiLog.RequestFaulted(logger, RouteOf(context.Request.Path.Value ?? "/"), failure);
        return TextAsync(context, StatusCodes.Status500InternalServerError, "internal error");
    }

    private Task RouteAsync(HttpContext context, string path)
    {
        if (context.Connection.RemoteIpAddress is not { } peer || !IPAddress.IsLoopback(peer))
        {
            GuestApiLog.ForeignPeer(logger, context.Connection.RemoteIpAddress?.ToString() ?? "unknown");
            return TextAsync(context, StatusCodes.Status403Forbidden, "Forbidden");
        }

        // A web page that resolves its own name to 127.0.0.1 makes a browser its loopback peer (DNS rebinding); the name gives it away.
        if (!IsLoopbackHost(context.Request.Host.Host))
        {
            GuestApiLog.ForeignHost(logger, context.Request.Host.Host);
            return TextAsync(context, StatusCodes.Status403Forbidden, "Forbidden");
        }

        var attestation = options.Features is not GuestApiFeatures.Resource;
        var resource = options.Features is not GuestApiFeatures.Attestation;
        return path switch
        {
            "/info" => OnlyAsync(context, HttpMethods.Get, InfoAsync),
            "/aa/token" when attestation => OnlyAsync(context, HttpMethods.Get, TokenAsync),
            "/aa/evidence" when attestation => OnlyAsync(context, HttpMethods.Get, EvidenceAsync),
            "/aa/additional-evidence" when attestation => OnlyAsync(context, HttpMethods.Get, AdditionalEvidenceAsync),
            "/aa/aael" when attestation => OnlyAsync(context, HttpMethods.Post, ExtendAsync),
            _ when resource && path.StartsWith(ResourcePrefix, StringComparison.Ordinal)
                => OnlyAsync(context, HttpMethods.Get, c => ResourceAsync(c, path[ResourcePrefix.Length..])),
            _ => TextAsync(context, StatusCodes.Status404NotFound, "URL NOT FOUND"),
        };
    }

    private static bool IsLoopbackHost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.AsSpan().Trim("[]"), out var address) && IPAddress.IsLoopback(address));

    private static Task OnlyAsync(HttpContext context, string method, Func<HttpContext, Task> handle)
    {
        if (HttpMethods.Equals(context.Request.Method, method))
        {
            return handle(context);
        }

        context.Response.Headers.Allow = method;
        return TextAsync(context, StatusCodes.Status405MethodNotAllowed, "Method Not Allowed");
    }

    // Only the fixed part of a path, so that what a peer writes into the rest stays out of the log's route field.
    private static string RouteOf(string path) => path switch
    {
        "/info" or "/aa/token" or "/aa/evidence" or "/aa/additional-evidence" or "/aa/aael" => path,
        _ when path.StartsWith(ResourcePrefix, StringComparison.Ordinal) => ResourcePrefix,
        _ => "unknown",
    };

    private static Task TextAsync(HttpContext context, int status, string text) =>
        AnswerAsync(context, status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));
}
