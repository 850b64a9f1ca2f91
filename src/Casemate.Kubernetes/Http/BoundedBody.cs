namespace Casemate.Kubernetes;

/// <summary>Reads an answer up to a limit.</summary>
internal static class BoundedBody
{
    /// <exception cref="InvalidDataException">It is larger, or compressed.</exception>
    public static async Task<byte[]> ReadAsync(HttpContent content, int limit, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentEncoding.Count > 0)
        {
            throw new InvalidDataException("the answer is compressed, which was not asked for");
        }

        var announced = content.Headers.ContentLength;
        if (announced > limit)
        {
            throw TooLarge(limit);
        }

        using var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        using var body = new MemoryStream((int)(announced ?? 4096));
        var chunk = new byte[16 * 1024];
        int count;
        while ((count = await stream.ReadAsync(chunk, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (body.Length + count > limit)
            {
                throw TooLarge(limit);
            }

            body.Write(chunk, 0, count);
        }

        return body.ToArray();
    }

    private static InvalidDataException TooLarge(int limit) =>
        new($"the answer is larger than {(limit >= 1 << 20 ? $"{limit >> 20} MiB" : $"{limit} bytes")}, the limit for it");
}
