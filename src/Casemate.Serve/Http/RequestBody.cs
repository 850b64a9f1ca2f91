using System.Buffers;
using System.IO.Pipelines;
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
    /// <exception cref="BadHttpRequestException">It breaks the rules of HTTP, or its connection broke.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
        {
            return null;
        }

        var body = new ArrayBufferWriter<byte>((int)Math.Max(256, Math.Min(request.ContentLength ?? 4096, limit)));
        while (true)
        {
            var read = await ReadAsync(request, cancellationToken).ConfigureAwait(false);
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

    // The framework reports a chunk size beyond 64 bits as it would a failing disk, and nobody else may be blamed for it.
    private static async ValueTask<ReadResult> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await request.BodyReader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            throw new BadHttpRequestException("The body of the request cannot be read.", StatusCodes.Status400BadRequest, e);
        }
    }
}
