using System.Net.Http.Headers;
using Casemate.Admission;
using Casemate.Primitives.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Casemate.Cli.Webhook;

/// <summary>Reviews over HTTP: <c>POST /mutate</c> and <c>POST /validate</c>.</summary>
/// <param name="handler">Answers them.</param>
/// <param name="limit">The largest body, in bytes.</param>
/// <param name="logger">Hears of our own failures.</param>
internal sealed class ReviewApplication(ReviewHandler handler, int limit, ILogger logger)
{
    private const int UsualBody = 16 * 1024;
    private const int UsualAnswer = 4 * 1024;
    private const int LargeBody = 256 * 1024;
    private const int MostLargeBodies = 4;                                 // of 4 MiB each, beside 256 MiB for the whole process

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2); // the API server's own is 3 s

    private readonly SemaphoreSlim _largeBodies = new(MostLargeBodies);

    /// <summary>Answers one request. Never throws.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            await RouteAsync(context);
        }
        catch (BadHttpRequestException exception)
        {
            await TextAsync(context, exception.StatusCode, "the request cannot be read");
        }
        catch (Exception exception)
            when (exception is ConnectionResetException
                || (context.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException))
        {
            // Nobody is there any more to answer.
        }
        catch (Exception exception)
        {
            WebhookLog.ReviewFailed(logger, exception);
            await TextAsync(context, StatusCodes.Status500InternalServerError, "internal error");
        }
    }

    private Task RouteAsync(HttpContext context)
    {
        var request = context.Request;
        ReviewEndpoint? endpoint = request.Path.Value switch
        {
            "/mutate" => ReviewEndpoint.Mutate,
            "/validate" => ReviewEndpoint.Validate,
            _ => null,
        };
        if (endpoint is null)
        {
            return TextAsync(context, StatusCodes.Status404NotFound, "there is no such path; reviews go to /mutate and /validate");
        }

        if (!HttpMethods.IsPost(request.Method))
        {
            context.Response.Headers.Allow = "POST";
            return TextAsync(context, StatusCodes.Status405MethodNotAllowed, "POST alone");
        }

        if (!IsJson(request.ContentType))
        {
            return TextAsync(context, StatusCodes.Status415UnsupportedMediaType, "the body of a review is application/json");
        }

        return request.ContentLength > limit ? TooLargeAsync(context) : AnswerAsync(context, endpoint.Value);
    }

    // Whoever reaches the port may send: many large bodies at once would be more than the process may have.
    private async Task AnswerAsync(HttpContext context, ReviewEndpoint endpoint)
    {
        if (context.Request.ContentLength <= LargeBody)
        {
            await ReadAndAnswerAsync(context, endpoint);
            return;
        }

        if (!await _largeBodies.WaitAsync(s_patience, context.RequestAborted))
        {
            await TextAsync(context, StatusCodes.Status503ServiceUnavailable, "too many large reviews at once; ask again");
            return;
        }

        try
        {
            await ReadAndAnswerAsync(context, endpoint);
        }
        finally
        {
            _largeBodies.Release();
        }
    }

    private async Task ReadAndAnswerAsync(HttpContext context, ReviewEndpoint endpoint)
    {
        using var body = new PooledBuffer((int)(context.Request.ContentLength ?? UsualBody) + 1);
        while (true)
        {
            var read = await context.Request.Body.ReadAsync(body.GetMemory(), context.RequestAborted);
            if (read == 0)
            {
                break;
            }

            body.Advance(read);
            if (body.WrittenCount > limit)
            {
                await TooLargeAsync(context);
                return;
            }
        }

        using var answer = new PooledBuffer(UsualAnswer);
        var outcome = await handler.AnswerAsync(endpoint, body.WrittenMemory, answer, context.RequestAborted);
        var response = context.Response;
        response.StatusCode = outcome is ReviewOutcome.Malformed ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK;
        response.ContentType = outcome is ReviewOutcome.Malformed ? "text/plain; charset=utf-8" : "application/json";
        response.ContentLength = answer.WrittenCount;
        await response.Body.WriteAsync(answer.WrittenMemory, context.RequestAborted);
    }

    private static bool IsJson(string? type) => type == "application/json"
        || (MediaTypeHeaderValue.TryParse(type, out var parsed) && parsed.MediaType == "application/json");

    private Task TooLargeAsync(HttpContext context) =>
        TextAsync(context, StatusCodes.Status413PayloadTooLarge, FormattableString.Invariant($"a review has at most {limit} bytes"));

    private static Task TextAsync(HttpContext context, int status, string text)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }
}
