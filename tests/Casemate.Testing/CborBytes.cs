using System.Buffers.Binary;
using System.Text;

namespace Casemate.Testing;

/// <summary>Writes CBOR for tests: the shortest form of each item (RFC 8949).</summary>
public static class CborBytes
{
    /// <summary>An integer.</summary>
    public static byte[] Int(long value) => value >= 0 ? Head(0, (ulong)value) : Head(1, (ulong)(-1 - value));

    /// <summary>A byte string.</summary>
    public static byte[] Bytes(ReadOnlySpan<byte> content) => [.. Head(2, (ulong)content.Length), .. content];

    /// <summary>A text string.</summary>
    public static byte[] Text(string text) => [.. Head(3, (ulong)Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    /// <summary>An array of encoded items.</summary>
    public static byte[] Array(params IReadOnlyCollection<byte[]> items) => [.. Head(4, (ulong)items.Count), .. items.SelectMany(i => i)];

    /// <summary>A map of encoded pairs.</summary>
    public static byte[] Map(params IReadOnlyCollection<(byte[] Key, byte[] Value)> pairs) =>
        [.. Head(5, (ulong)pairs.Count), .. pairs.SelectMany(p => (byte[])[.. p.Key, .. p.Value])];

    /// <summary>A tag with its item.</summary>
    public static byte[] Tag(ulong tag, byte[] item) => [.. Head(6, tag), .. item];

    /// <summary>The initial bytes of an item.</summary>
    public static byte[] Head(int majorType, ulong argument)
    {
        var initial = (byte)(majorType << 5);
        Span<byte> bytes = stackalloc byte[9];
        switch (argument)
        {
            case < 24:
                return [(byte)(initial | (byte)argument)];
            case <= byte.MaxValue:
                return [(byte)(initial | 24), (byte)argument];
            case <= ushort.MaxValue:
                bytes[0] = (byte)(initial | 25);
                BinaryPrimitives.WriteUInt16BigEndian(bytes[1..], (ushort)argument);
                return bytes[..3].ToArray();
            case <= uint.MaxValue:
                bytes[0] = (byte)(initial | 26);
                BinaryPrimitives.WriteUInt32BigEndian(bytes[1..], (uint)argument);
                return bytes[..5].ToArray();
            default:
                bytes[0] = (byte)(initial | 27);
                BinaryPrimitives.WriteUInt64BigEndian(bytes[1..], argument);
                return bytes.ToArray();
        }
    }
}
