using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Casemate.Serve.Http;

/// <summary>Reads whole bodies, bounded before anything is allocated for them.</summary>
internal static class RequestBody
{
    /// <summary>Reads a body.</summary>
    /// <param name="request">The request.</param>
    /// <param name="limit">The most bytes that are taken.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <returns>The body; null when it is larger.</returns>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
        {
            return null;
        }

        var body = new ArrayBufferWriter<byte>((int)Math.Max(256, Math.Min(request.ContentLength ?? 4096, limit)));
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (body.WrittenCount + read.Buffer.Length > limit)
            {
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return null;
            }

            foreach (var segment in read.Buffer)
            {
                body.Write(segment.Span);
            }

            request.BodyReader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return body.WrittenMemory;
            }
        }
    }
}
