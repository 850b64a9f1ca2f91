using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Casemate.Primitives.Cbor;

/// <summary>
/// Writes CBOR that <see cref="CborReader"/> reads: definite lengths, shortest forms. The caller writes the keys of a map in ascending
/// order
/// of their bytes, which makes the encoding deterministic. Source: RFC 8949 sections 3 and 4.2.1.
/// </summary>
public sealed class CborWriter
{
    private readonly ArrayBufferWriter<byte> _output = new();

    /// <summary>The bytes written so far.</summary>
    public ReadOnlySpan<byte> Written => _output.WrittenSpan;

    /// <summary>A copy of the bytes written so far.</summary>
    public byte[] ToArray() => _output.WrittenSpan.ToArray();

    /// <summary>Writes an integer.</summary>
    public CborWriter Int(long value) =>
        value >= 0 ? Head(CborMajorType.UnsignedInteger, (ulong)value) : Head(CborMajorType.NegativeInteger, (ulong)(-1 - value));

    /// <summary>Writes a byte string.</summary>
    public CborWriter Bytes(ReadOnlySpan<byte> content)
    {
        Head(CborMajorType.ByteString, (ulong)content.Length);
        _output.Write(content);
        return this;
    }

    /// <summary>Writes a text string.</summary>
    public CborWriter Text(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Head(CborMajorType.TextString, (ulong)Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, _output);
        return this;
    }

    /// <summary>Begins an array.</summary>
    /// <param name="count">How many items follow.</param>
    public CborWriter Array(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return Head(CborMajorType.Array, (ulong)count);
    }

    /// <summary>Begins a map.</summary>
    /// <param name="count">How many pairs of key and value follow.</param>
    public CborWriter Map(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return Head(CborMajorType.Map, (ulong)count);
    }

    /// <summary>Writes a tag; the item that it describes follows.</summary>
    public CborWriter Tag(ulong tag) => Head(CborMajorType.Tag, tag);

    /// <summary>Writes an item that is encoded already.</summary>
    /// <param name="item">Exactly one item.</param>
    public CborWriter Encoded(ReadOnlySpan<byte> item)
    {
        _output.Write(item);
        return this;
    }

    private CborWriter Head(int majorType, ulong argument)
    {
        var head = _output.GetSpan(9);
        var initial = majorType << 5;
        switch (argument)
        {
            case < 24:
                head[0] = (byte)(initial | (int)argument);
                _output.Advance(1);
                break;
            case <= byte.MaxValue:
                (head[0], head[1]) = ((byte)(initial | 24), (byte)argument);
                _output.Advance(2);
                break;
            case <= ushort.MaxValue:
                head[0] = (byte)(initial | 25);
                BinaryPrimitives.WriteUInt16BigEndian(head[1..], (ushort)argument);
                _output.Advance(3);
                break;
            case <= uint.MaxValue:
                head[0] = (byte)(initial | 26);
                BinaryPrimitives.WriteUInt32BigEndian(head[1..], (uint)argument);
                _output.Advance(5);
                break;
            default:
                head[0] = (byte)(initial | 27);
                BinaryPrimitives.WriteUInt64BigEndian(head[1..], argument);
                _output.Advance(9);
                break;
        }

        return this;
    }
}
