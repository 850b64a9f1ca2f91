using Casemate.Serve.Metrics;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Quoting;

/// <summary><c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c> of the quote helper.</summary>
internal sealed class HealthApplication(Func<bool> isReady, PrometheusText prometheus, ILogger logger) : IHttpApplication<HttpContext>
{
    private const string Text = "text/plain; charset=utf-8";

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        try
        {
            await RouteAsync(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();                                               // nobody is left to answer
        }
        catch (Exception e)
        {
            // The edge of the service: a fault of ours must neither end the process nor show its inside.
            QuotingLog.RequestFailed(logger, "health", e);
            await JsonAnswer.WriteAsync(context, StatusCodes.Status500InternalServerError, Text, "internal error\n"u8.ToArray())
                .ConfigureAwait(false);
        }
    }

    private Task RouteAsync(HttpContext context)
    {
        if (context.Request.Path.Value is not ("/healthz" or "/readyz" or "/metrics"))
        {
            return JsonAnswer.WriteAsync(context, StatusCodes.Status404NotFound, Text, "there is no such path\n"u8.ToArray());
        }

        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return JsonAnswer.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, Text, "GET alone\n"u8.ToArray());
        }

        return context.Request.Path.Value switch
        {
            "/healthz" => JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, Text, "ok\n"u8.ToArray()),
            "/metrics" => JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, PrometheusText.ContentType, prometheus.Write()),
            _ when isReady() => JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, Text, "ready\n"u8.ToArray()),
            _ => JsonAnswer.WriteAsync(
                context, StatusCodes.Status503ServiceUnavailable, Text,
                "not ready: no attestation key and no evidence was made yet, or the back end hangs; the log says why\n"u8.ToArray()),
        };
    }
}
