using System.Buffers;
using System.Buffers.Binary;

namespace Casemate.Rpc.Wire;

/// <summary>
/// The five bytes before every message: a flag that says whether it is compressed, and its length, big-endian
/// (gRPC over HTTP/2, Length-Prefixed-Message).
/// </summary>
internal static class MessageFrame
{
    public const int HeaderSize = 5;

    /// <summary>Writes the header of a message that is not compressed.</summary>
    public static void WriteHeader(Span<byte> destination, int length)
    {
        destination[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(destination[1..], length);
    }

    /// <summary>Reads a header, with both judgements that need no more than it. Never throws, and nothing is allocated.</summary>
    /// <param name="source">At least the five bytes are wanted.</param>
    /// <param name="maximum">The longest message that is taken, in bytes.</param>
    /// <param name="length">Length of the message; within the maximum unless the result says otherwise.</param>
    public static FrameResult TryReadHeader(ReadOnlySequence<byte> source, int maximum, out uint length)
    {
        length = 0;
        if (source.Length < HeaderSize)
        {
            return FrameResult.Incomplete;
        }

        Span<byte> header = stackalloc byte[HeaderSize];
        source.Slice(0, HeaderSize).CopyTo(header);
        length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        return header[0] switch
        {
            0 => length <= (uint)maximum ? FrameResult.Complete : FrameResult.TooLarge,
            1 => FrameResult.Compressed,
            _ => FrameResult.BadFlag,
        };
    }
}
