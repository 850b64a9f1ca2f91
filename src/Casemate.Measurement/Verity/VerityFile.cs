using System.Buffers;

namespace Casemate.Measurement.Verity;

/// <summary>
/// The whole chunks of a file, read and hashed at several places at the same time. A stream has one reader that hands each chunk to another
/// core; waking that core costs a good part of what hashing a chunk costs, and here nobody waits for a reader.
/// </summary>
internal static class VerityFile
{
    // Chunks are hashed in any order and their digests taken in order: those of 128 MiB at once, one MiB of digests with the common parameters.
    private const int WindowChunks = 128;

    /// <summary>Whether a stream is a file that can be read at any place.</summary>
    public static bool Is(Stream data) => data is FileStream { CanSeek: true, IsAsync: false };

    /// <summary>Hashes as many whole chunks as there are, and leaves the file behind them.</summary>
    /// <exception cref="EndOfStreamException">The file became shorter meanwhile.</exception>
    public static void Fill(VerityHasher hasher, FileStream file, IProgress<long>? progress, CancellationToken cancel)
    {
        var begin = file.Position;
        for (var left = hasher.WholeChunks(file.Length - begin); left > 0;)
        {
            var count = (int)Math.Min(left, WindowChunks);
            Fill(hasher, file, begin, count, cancel);
            left -= count;
            begin += (long)count * hasher.ChunkLength;
            progress?.Report(hasher.Length);
        }

        file.Position = begin;
    }

    private static void Fill(VerityHasher hasher, FileStream file, long begin, int count, CancellationToken cancel)
    {
        var (chunk, handle) = (hasher.ChunkLength, file.SafeFileHandle);
        var digestsOfChunk = chunk / hasher.BlockSize * hasher.DigestSize;
        var digests = ArrayPool<byte>.Shared.Rent(count * digestsOfChunk);
        try
        {
            Parallel.For(
                0, count, new ParallelOptions { MaxDegreeOfParallelism = hasher.Cores, CancellationToken = cancel },
                () => ArrayPool<byte>.Shared.Rent(chunk),
                (index, _, buffer) =>
                {
                    ReadExactly(handle, buffer.AsSpan(0, chunk), begin + (long)index * chunk);
                    hasher.HashChunk(buffer.AsSpan(0, chunk), digests.AsSpan(index * digestsOfChunk, digestsOfChunk));
                    return buffer;
                },
                buffer => ArrayPool<byte>.Shared.Return(buffer));
            hasher.TakeChunks(count, digests.AsSpan(0, count * digestsOfChunk));
        }
        catch (AggregateException failed) when (failed.InnerExceptions[0] is IOException or UnauthorizedAccessException)
        {
            throw new IOException(failed.InnerExceptions[0].Message, failed);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(digests);
        }
    }

    private static void ReadExactly(Microsoft.Win32.SafeHandles.SafeFileHandle handle, Span<byte> into, long at)
    {
        while (!into.IsEmpty)
        {
            var read = RandomAccess.Read(handle, into, at);
            if (read == 0)
            {
                throw new EndOfStreamException($"the file ends at byte {at}, and was longer when hashing began");
            }

            into = into[read..];
            at += read;
        }
    }
}
