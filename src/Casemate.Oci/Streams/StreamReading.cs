using System.Buffers;

namespace Casemate.Oci.Streams;

/// <summary>Reading to the end.</summary>
internal static class StreamReading
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>Reads what is left and forgets it.</summary>
    public static async ValueTask DrainAsync(Stream stream, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await stream.ReadAsync(buffer, cancel).ConfigureAwait(false) > 0)
            {
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    /// <summary>Reads a stream of exactly <paramref name="size"/> bytes, to its end, so that a check at the end is made.</summary>
    public static async Task<byte[]> AllAsync(Stream stream, int size, CancellationToken cancel)
    {
        var bytes = new byte[size];
        await stream.ReadExactlyAsync(bytes, cancel).ConfigureAwait(false);
        await DrainAsync(stream, cancel).ConfigureAwait(false);
        return bytes;
    }
}
