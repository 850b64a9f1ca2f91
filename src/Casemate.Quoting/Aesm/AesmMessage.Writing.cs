using System.Buffers.Binary;
using Casemate.Primitives.Buffers;

namespace Casemate.Quoting.Aesm;

// Sizes first, then one pass over memory of exactly that size.
public sealed partial class AesmMessage
{
    /// <summary>Bytes of the frame: the length and the body.</summary>
    public int FrameSize
    {
        get
        {
            var content = ContentSize;
            return HeaderSize + VarintSize(Tag((int)Type, ProtobufReader.LengthDelimited)) + VarintSize((uint)content) + content;
        }
    }

    private int ContentSize
    {
        get
        {
            var size = 0;
            foreach (var value in _values)
            {
                size += !value.IsPresent ? 0
                    : value.IsBytes ? 1 + VarintSize((uint)value.Bytes.Length) + value.Bytes.Length
                    : 1 + VarintSize(value.Number);
            }

            return size;
        }
    }

    /// <summary>Writes the frame.</summary>
    /// <param name="frame">Receives it; has <see cref="FrameSize"/> bytes.</param>
    public void WriteFrame(Span<byte> frame)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame, FrameSize - HeaderSize);
        var rest = frame[HeaderSize..];
        WriteVarint(ref rest, Tag((int)Type, ProtobufReader.LengthDelimited));
        WriteVarint(ref rest, (uint)ContentSize);
        for (var field = 1; field < _values.Length; field++)
        {
            var value = _values[field];
            if (value is { IsPresent: true, IsBytes: true })
            {
                WriteVarint(ref rest, Tag(field, ProtobufReader.LengthDelimited));
                WriteVarint(ref rest, (uint)value.Bytes.Length);
                value.Bytes.Span.CopyTo(rest);
                rest = rest[value.Bytes.Length..];
            }
            else if (value.IsPresent)
            {
                WriteVarint(ref rest, Tag(field, ProtobufReader.Varint));
                WriteVarint(ref rest, value.Number);
            }
        }
    }

    /// <summary>The frame in memory of its own.</summary>
    public byte[] ToFrame()
    {
        var frame = new byte[FrameSize];
        WriteFrame(frame);
        return frame;
    }

    /// <summary>A response with the error code alone; 20 for a request that is not known.</summary>
    internal static AesmMessage Response(AesmMessageType type, AesmError error) => new AesmMessage(type).With(1, (uint)error);

    /// <summary>A request without fields.</summary>
    internal static AesmMessage Request(AesmMessageType type) => new(type);

    /// <summary>Sets a number. For messages under construction.</summary>
    internal AesmMessage With(int field, ulong? number)
    {
        if (number is { } value)
        {
            _values[field] = Value.Of(value);
        }

        return this;
    }

    /// <summary>Sets bytes. For messages under construction; empty memory is left out.</summary>
    internal AesmMessage With(int field, ReadOnlyMemory<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            _values[field] = Value.Of(bytes);
        }

        return this;
    }

    private static ulong Tag(int field, int wireType) => (uint)((field << 3) | wireType);

    private static int VarintSize(ulong value)
    {
        var size = 1;
        for (; value >= 0x80; value >>= 7)
        {
            size++;
        }

        return size;
    }

    private static void WriteVarint(ref Span<byte> target, ulong value)
    {
        var at = 0;
        for (; value >= 0x80; value >>= 7)
        {
            target[at++] = (byte)(value | 0x80);
        }

        target[at++] = (byte)value;
        target = target[at..];
    }
}
