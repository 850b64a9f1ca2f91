using System.Buffers.Binary;

namespace Casemate.Quoting.Dcap;

/// <summary>
/// One message between the quote helper and its worker process: 4 bytes little-endian length of what follows, 1 byte what it is, the
/// rest its content. Both sides are the same program, but the worker holds foreign code: its frames are read as hostile.
/// </summary>
internal readonly record struct DcapWorkerFrame(DcapWorkerMessage Message, ReadOnlyMemory<byte> Content)
{
    /// <summary>The most bytes that a length may announce: a quote with its certificates, and some text.</summary>
    public const int MaximumSize = 96 * 1024;

    private const int LengthSize = 4;

    /// <summary>The bytes of a frame.</summary>
    public static byte[] Write(DcapWorkerMessage message, params ReadOnlySpan<ReadOnlyMemory<byte>> parts)
    {
        var size = 1;
        foreach (var part in parts)
        {
            size += part.Length;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaximumSize, nameof(parts));
        var frame = new byte[LengthSize + size];
        BinaryPrimitives.WriteInt32LittleEndian(frame, size);
        frame[LengthSize] = (byte)message;
        var rest = frame.AsSpan(LengthSize + 1);
        foreach (var part in parts)
        {
            part.Span.CopyTo(rest);
            rest = rest[part.Length..];
        }

        return frame;
    }

    /// <summary>Reads the next frame; null at an end between two frames.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a frame, or end inside of one.</exception>
    public static async ValueTask<DcapWorkerFrame?> ReadAsync(Stream source, CancellationToken cancellationToken)
    {
        var header = new byte[LengthSize];
        var got = await source.ReadAtLeastAsync(header, LengthSize, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (got == 0)
        {
            return null;
        }

        var size = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (got < LengthSize || size is 0 or > MaximumSize)
        {
            throw new InvalidDataException(
                got < LengthSize ? "ended inside of a frame" : $"announced a frame of {size} bytes, accepted are 1 to {MaximumSize}");
        }

        var body = new byte[size];
        got = await source.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return got == body.Length
            ? new DcapWorkerFrame((DcapWorkerMessage)body[0], body.AsMemory(1))
            : throw new InvalidDataException("ended inside of a frame");
    }
}
