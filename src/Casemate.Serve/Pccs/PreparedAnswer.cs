using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Casemate.Serve.Pccs;

/// <summary>An answer whose bytes are made once: a hit writes them and makes nothing.</summary>
/// <param name="ContentType">Its type.</param>
/// <param name="Body">Its body.</param>
/// <param name="Headers">Its headers.</param>
internal sealed record PreparedAnswer(string ContentType, ReadOnlyMemory<byte> Body, params (string Name, StringValues Value)[] Headers)
{
    /// <summary>Sends it.</summary>
    public Task WriteAsync(HttpContext context, bool stale)
    {
        var response = context.Response;
        response.ContentType = ContentType;
        response.ContentLength = Body.Length;
        foreach (var (name, value) in Headers)
        {
            response.Headers[name] = value;
        }

        if (stale)
        {
            response.Headers.Append("Warning", "110 - \"Response is Stale\"");
        }

        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(Body).AsTask();
    }
}
