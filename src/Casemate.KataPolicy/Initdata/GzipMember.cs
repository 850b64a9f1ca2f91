using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using Casemate.Primitives.Checksums;

namespace Casemate.KataPolicy.Initdata;

/// <summary>
/// Reads a gzip file of exactly one member: the header with whatever fields its writer gave it, the data, its checksum and its length, and
/// nothing behind. The base library's stream takes a file that ends within its trailer, and passes over what follows. Source: RFC 1952,
/// section 2.3.
/// </summary>
internal static class GzipMember
{
    private const int FixedHeaderBytes = 10;
    private const int TrailerBytes = 2 * sizeof(uint);
    private const int FlagsOffset = 3;
    private const int DeflateMethod = 8;

    private const byte HasHeaderChecksum = 0x02;
    private const byte HasExtraField = 0x04;
    private const byte HasName = 0x08;
    private const byte HasComment = 0x10;
    private const byte ReservedFlags = 0xe0;

    private const string EndsEarly = "the gzip ends too early";

    /// <summary>Unpacks a file.</summary>
    /// <param name="gzip">The file.</param>
    /// <param name="maxBytes">What it may unpack to.</param>
    /// <param name="plain">The data; null when the file is at fault.</param>
    /// <param name="error">What is wrong; null after success.</param>
    public static bool TryRead(
        byte[] gzip, int maxBytes, [NotNullWhen(true)] out byte[]? plain, [NotNullWhen(false)] out string? error)
    {
        plain = null;
        if (!TrySkipHeader(gzip, out var start, out error))
        {
            return false;
        }

        var bytewise = new BytewiseStream(gzip, start);
        if (!TryInflate(bytewise, maxBytes, out var inflated, out error))
        {
            return false;
        }

        var trailer = gzip.AsSpan(bytewise.Next);
        if (trailer.Length < TrailerBytes)
        {
            error = EndsEarly;
            return false;
        }

        error = BinaryPrimitives.ReadUInt32LittleEndian(trailer) != Crc32.Finish(Crc32.Append(Crc32.Start, inflated))
                ? "the checksum of the gzip is wrong: it was changed or damaged"
            : BinaryPrimitives.ReadUInt32LittleEndian(trailer[sizeof(uint)..]) != (uint)inflated.Length
                ? $"the gzip states another length than the {inflated.Length} bytes that it unpacks to"
            : (trailer.Length - TrailerBytes) switch
            {
                0 => null,
                1 => "1 more byte follows the end of the gzip",
                var more => $"{more} more bytes follow the end of the gzip",
            };
        plain = error is null ? inflated : null;
        return plain is not null;
    }

    private static bool TrySkipHeader(ReadOnlySpan<byte> gzip, out int start, [NotNullWhen(false)] out string? error)
    {
        start = FixedHeaderBytes;
        if (gzip.Length < FlagsOffset || gzip[0] != 0x1f || gzip[1] != 0x8b || gzip[2] != DeflateMethod)
        {
            error = "it is not gzip";
            return false;
        }

        if (gzip.Length < FixedHeaderBytes)
        {
            error = EndsEarly;
            return false;
        }

        var flags = gzip[FlagsOffset];
        if ((flags & ReservedFlags) != 0)
        {
            error = "the header of the gzip has flags that nobody has defined";
            return false;
        }

        if ((flags & HasExtraField) != 0)
        {
            start += gzip.Length - start < sizeof(ushort) ? gzip.Length
                : sizeof(ushort) + BinaryPrimitives.ReadUInt16LittleEndian(gzip[start..]);
        }

        foreach (var text in (ReadOnlySpan<byte>)[HasName, HasComment])
        {
            if ((flags & text) != 0 && start < gzip.Length)
            {
                var length = gzip[start..].IndexOf((byte)0);
                start = length < 0 ? gzip.Length : start + length + 1;
            }
        }

        if ((flags & HasHeaderChecksum) != 0)
        {
            if (gzip.Length - start >= sizeof(ushort)
                && BinaryPrimitives.ReadUInt16LittleEndian(gzip[start..]) != (ushort)Crc32.Finish(Crc32.Append(Crc32.Start, gzip[..start])))
            {
                error = "the checksum of the gzip's header is wrong: it was changed or damaged";
                return false;
            }

            start += sizeof(ushort);
        }

        error = start < gzip.Length ? null : EndsEarly;
        return error is null;
    }

    private static bool TryInflate(
        BytewiseStream packed, int maxBytes, [NotNullWhen(true)] out byte[]? inflated, [NotNullWhen(false)] out string? error)
    {
        inflated = null;
        try
        {
            using var stream = new DeflateStream(packed, CompressionMode.Decompress);
            using var plain = new MemoryStream();
            var piece = new byte[16 * 1024];
            for (int read; (read = stream.Read(piece)) > 0;)
            {
                if (plain.Length + read > maxBytes)
                {
                    error = $"it unpacks to more than {maxBytes >> 20} MiB";
                    return false;
                }

                plain.Write(piece, 0, read);
            }

            inflated = plain.ToArray();
            error = null;
            return true;
        }
        catch (InvalidDataException)
        {
            error = packed.IsAtEnd ? EndsEarly : "the compressed data of the gzip is damaged";
            return false;
        }
    }

    // One byte at a time, so that what has been taken when the data ends is the data and no byte more.
    private sealed class BytewiseStream(byte[] bytes, int start) : Stream
    {
        /// <summary>Where the first byte stands that nobody has taken.</summary>
        public int Next { get; private set; } = start;

        public bool IsAtEnd => Next == bytes.Length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            if (buffer.IsEmpty || IsAtEnd)
            {
                return 0;
            }

            buffer[0] = bytes[Next++];
            return 1;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
