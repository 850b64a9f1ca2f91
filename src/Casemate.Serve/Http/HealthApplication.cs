using Microsoft.AspNetCore.Http;

namespace Casemate.Serve.Http;

/// <summary><c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c> of a service that has no HTTP of its own.</summary>
/// <param name="answers">Answers.</param>
/// <param name="whyNotReady">One line: why the service is not ready; null when it is.</param>
/// <param name="pages">What is served besides.</param>
/// <param name="failed">Logs a failure of ours.</param>
internal sealed class HealthApplication(
    HealthAnswers answers, Func<string?> whyNotReady, IReadOnlyList<HealthPage> pages, Action<Exception> failed) : LocalApplication
{
    protected override Task RouteAsync(HttpContext context)
    {
        var path = context.Request.Path.Value;
        var page = pages.FirstOrDefault(page => page.Path == path);
        if (page is null && path is not (HealthAnswers.HealthPath or HealthAnswers.ReadyPath or HealthAnswers.MetricsPath))
        {
            return HealthAnswers.TextAsync(context, StatusCodes.Status404NotFound, "there is no such path");
        }

        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return HealthAnswers.TextAsync(context, StatusCodes.Status405MethodNotAllowed, "GET alone");
        }

        return path switch
        {
            _ when page is not null => page.Write() is { } content
                ? AnswerAsync(context, StatusCodes.Status200OK, page.ContentType, content)
                : HealthAnswers.TextAsync(context, StatusCodes.Status503ServiceUnavailable, "the service is still starting"),
            HealthAnswers.HealthPath => HealthAnswers.HealthAsync(context),
            HealthAnswers.MetricsPath => answers.MetricsAsync(context),
            _ => HealthAnswers.ReadyAsync(context, whyNotReady()),
        };
    }

    protected override Task RefuseAsync(HttpContext context, BadHttpRequestException problem) =>
        HealthAnswers.TextAsync(context, problem.StatusCode, "the request cannot be read");

    protected override Task FailAsync(HttpContext context, Exception failure)
    {
        failed(failure);
        return HealthAnswers.TextAsync(context, StatusCodes.Status500InternalServerError, "internal error");
    }
}
