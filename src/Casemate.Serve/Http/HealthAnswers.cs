using System.Text;
using Casemate.Serve.Metrics;
using Microsoft.AspNetCore.Http;

namespace Casemate.Serve.Http;

/// <summary>The answers of <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c>, the same for every service.</summary>
internal sealed class HealthAnswers(PrometheusText prometheus)
{
    /// <summary>Whether the process answers at all.</summary>
    public const string HealthPath = "/healthz";

    /// <summary>Whether the service wants requests.</summary>
    public const string ReadyPath = "/readyz";

    /// <summary>What the service counts.</summary>
    public const string MetricsPath = "/metrics";

    private const string Text = "text/plain; charset=utf-8";

    /// <summary>Answers on <see cref="HealthPath"/>.</summary>
    public static Task HealthAsync(HttpContext context) => TextAsync(context, StatusCodes.Status200OK, "ok");

    /// <summary>Answers on <see cref="ReadyPath"/>.</summary>
    /// <param name="context">The request.</param>
    /// <param name="whyNot">One line: why requests should go elsewhere; null: they are welcome.</param>
    public static Task ReadyAsync(HttpContext context, string? whyNot) => whyNot is null
        ? TextAsync(context, StatusCodes.Status200OK, "ready")
        : TextAsync(context, StatusCodes.Status503ServiceUnavailable, whyNot);

    /// <summary>Answers on <see cref="MetricsPath"/>, in the form of OpenMetrics to who accepts that.</summary>
    public Task MetricsAsync(HttpContext context)
    {
        var openMetrics = context.Request.Headers.Accept
            .Any(accepted => accepted?.Contains("application/openmetrics-text", StringComparison.OrdinalIgnoreCase) is true);
        return LocalApplication.AnswerAsync(
            context, StatusCodes.Status200OK, openMetrics ? PrometheusText.OpenMetricsType : PrometheusText.ContentType,
            prometheus.Write(openMetrics));
    }

    /// <summary>Answers with one line of text.</summary>
    public static Task TextAsync(HttpContext context, int status, string line) =>
        LocalApplication.AnswerAsync(context, status, Text, Encoding.UTF8.GetBytes(line + "\n"));
}
