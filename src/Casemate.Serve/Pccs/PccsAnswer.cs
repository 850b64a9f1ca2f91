using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Casemate.Serve.Pccs;

/// <summary>A short answer in words: the reason of a failure, or that something was done.</summary>
/// <param name="Status">Status code.</param>
/// <param name="Text">One sentence for whoever reads the client's log: no secret, no id of a machine.</param>
/// <param name="RetryAfter">When it is worth asking again; null: no such header.</param>
internal sealed record PccsAnswer(int Status, string Text, TimeSpan? RetryAfter = null)
{
    /// <summary>The reference's words for success.</summary>
    public static PccsAnswer Done { get; } = new(StatusCodes.Status200OK, "Operation successful.");

    /// <summary>A parameter or a body that is wrong.</summary>
    public static PccsAnswer Invalid(string problem) => new(StatusCodes.Status400BadRequest, $"Invalid request: {problem}.");

    /// <summary>Sends it.</summary>
    public Task WriteAsync(HttpContext context)
    {
        var response = context.Response;
        var body = Encoding.UTF8.GetBytes(Text + "\n");
        response.StatusCode = Status;
        response.ContentType = "text/plain; charset=utf-8";
        response.ContentLength = body.Length;
        if (RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask
            : response.Body.WriteAsync(body, 0, body.Length, context.RequestAborted);
    }
}
