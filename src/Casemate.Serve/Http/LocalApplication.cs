using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Casemate.Serve.Http;

/// <summary>
/// Answers the requests of a Kestrel without a host around it. The edge of a service: a fault of ours must neither end the process nor
/// show its inside to the peer.
/// </summary>
internal abstract class LocalApplication : IHttpApplication<HttpContext>
{
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
        catch (BadHttpRequestException e)
        {
            await RefuseAsync(context, e).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await FailAsync(context, e).ConfigureAwait(false);
        }
    }

    /// <summary>Answers with bytes, or breaks the connection when an answer has been begun already.</summary>
    public static async Task AnswerAsync(HttpContext context, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>Answers a request.</summary>
    protected abstract Task RouteAsync(HttpContext context);

    /// <summary>Answers a request that cannot be read.</summary>
    protected abstract Task RefuseAsync(HttpContext context, BadHttpRequestException problem);

    /// <summary>Logs a failure of ours, and answers without showing it.</summary>
    protected abstract Task FailAsync(HttpContext context, Exception failure);
}
