using System.Buffers.Binary;

namespace Casemate.Rpc.Ttrpc;

/// <summary>The ten bytes before each message of ttrpc (containerd/ttrpc, PROTOCOL.md, Message Frame); numbers are big-endian.</summary>
/// <param name="Length">Bytes of data that follow; at most <see cref="MaximumLength"/>.</param>
/// <param name="Stream">Which call; those of clients are odd.</param>
/// <param name="Type">What the message is; a number that is not known has to be passed over.</param>
/// <param name="Flags">Of streams; 0 for a call with one request and one answer.</param>
internal readonly record struct TtrpcFrame(int Length, uint Stream, byte Type, byte Flags)
{
    /// <summary>Bytes of a header.</summary>
    public const int HeaderSize = 10;

    /// <summary>The most data that a message may have.</summary>
    public const int MaximumLength = 4 * 1024 * 1024;

    /// <summary>A request.</summary>
    public const byte Request = 1;

    /// <summary>An answer.</summary>
    public const byte Response = 2;

    /// <summary>Reads a header.</summary>
    /// <param name="header">At least <see cref="HeaderSize"/> bytes.</param>
    /// <param name="frame">The header; the default value when it cannot be one.</param>
    /// <returns>False when there are too few bytes or the length is beyond the limit.</returns>
    public static bool TryRead(ReadOnlySpan<byte> header, out TtrpcFrame frame)
    {
        frame = default;
        if (header.Length < HeaderSize || BinaryPrimitives.ReadUInt32BigEndian(header) is var length && length > MaximumLength)
        {
            return false;
        }

        frame = new TtrpcFrame((int)length, BinaryPrimitives.ReadUInt32BigEndian(header[4..]), header[8], header[9]);
        return true;
    }

    /// <summary>Writes the header to the first <see cref="HeaderSize"/> bytes.</summary>
    public void Write(Span<byte> header)
    {
        BinaryPrimitives.WriteUInt32BigEndian(header, (uint)Length);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], Stream);
        header[8] = Type;
        header[9] = Flags;
    }
}
