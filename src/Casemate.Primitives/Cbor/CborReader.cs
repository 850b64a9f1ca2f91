using System.Buffers.Binary;
using System.Text.Unicode;

namespace Casemate.Primitives.Cbor;

/// <summary>
/// Reads CBOR in place: a cursor over a span that never copies, never allocates and never throws for bad input. Every method
/// advances only when it returns true. Source: RFC 8949, restricted as below.
/// </summary>
/// <remarks>
/// <para>Own reader because <c>System.Formats.Cbor</c> is not part of the base library: it comes with the web framework or as a package,
/// and this assembly wants neither. It knows no more than signed COSE messages need.</para>
/// <para>Strict: lengths are definite, numbers have their shortest form (preferred serialization, RFC 8949 section 4.1), text is valid
/// UTF-8, and of the simple values only false, true and null are known. So one value has one encoding, and a byte that changed
/// is never read as if it had not. Maps are handed out pair by pair: the caller refuses repeated keys.</para>
/// </remarks>
public ref struct CborReader
{
    /// <summary>The deepest nesting that <see cref="TrySkip"/> follows.</summary>
    public const int MaxDepth = 16;

    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts reading at the first byte of <paramref name="source"/>.</summary>
    public CborReader(ReadOnlySpan<byte> source) => _rest = source;

    /// <summary>True when every byte has been read.</summary>
    public readonly bool IsEmpty => _rest.IsEmpty;

    /// <summary>The bytes not read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>The major type of the next item (see <see cref="CborMajorType"/>), or -1 at the end.</summary>
    public readonly int PeekMajorType => _rest.IsEmpty ? -1 : _rest[0] >> 5;

    /// <summary>Reads an integer that fits into 64 bits with sign.</summary>
    public bool TryReadInt64(out long value)
    {
        value = 0;
        if (PeekMajorType is not (CborMajorType.UnsignedInteger or CborMajorType.NegativeInteger)
            || !TryReadHead(_rest, out var major, out var argument, out var size) || argument > long.MaxValue)
        {
            return false;
        }

        value = major == CborMajorType.UnsignedInteger ? (long)argument : -1 - (long)argument;
        _rest = _rest[size..];
        return true;
    }

    /// <summary>Reads a byte string.</summary>
    public bool TryReadByteString(out ReadOnlySpan<byte> content) => TryReadString(CborMajorType.ByteString, out content);

    /// <summary>Reads a text string, as UTF-8 that has been checked.</summary>
    public bool TryReadTextString(out ReadOnlySpan<byte> utf8)
    {
        var saved = _rest;
        if (TryReadString(CborMajorType.TextString, out utf8) && Utf8.IsValid(utf8))
        {
            return true;
        }

        _rest = saved;
        utf8 = default;
        return false;
    }

    /// <summary>Enters an array.</summary>
    /// <param name="count">How many items follow: at most as many as there are bytes left.</param>
    public bool TryReadArrayStart(out int count) => TryReadCount(CborMajorType.Array, 1, out count);

    /// <summary>Enters a map.</summary>
    /// <param name="count">How many pairs follow: at most half as many as there are bytes left.</param>
    public bool TryReadMapStart(out int count) => TryReadCount(CborMajorType.Map, 2, out count);

    /// <summary>Reads a tag; the item that it describes follows.</summary>
    public bool TryReadTag(out ulong tag)
    {
        tag = 0;
        if (PeekMajorType != CborMajorType.Tag || !TryReadHead(_rest, out _, out tag, out var size))
        {
            return false;
        }

        _rest = _rest[size..];
        return true;
    }

    /// <summary>Reads null.</summary>
    public bool TryReadNull()
    {
        if (_rest.IsEmpty || _rest[0] != 0xF6)
        {
            return false;
        }

        _rest = _rest[1..];
        return true;
    }

    /// <summary>Skips one whole item, checking its form.</summary>
    /// <param name="encoded">The bytes of the item.</param>
    public bool TrySkip(out ReadOnlySpan<byte> encoded)
    {
        var start = _rest;
        if (TrySkipItem(depth: 0))
        {
            encoded = start[..(start.Length - _rest.Length)];
            return true;
        }

        _rest = start;
        encoded = default;
        return false;
    }

    private bool TrySkipItem(int depth)
    {
        if (depth > MaxDepth || !TryReadHead(_rest, out var major, out var argument, out var size))
        {
            return false;
        }

        switch (major)
        {
            case CborMajorType.UnsignedInteger:
            case CborMajorType.NegativeInteger:
                _rest = _rest[size..];
                return true;
            case CborMajorType.ByteString:
                return TryReadByteString(out _);
            case CborMajorType.TextString:
                return TryReadTextString(out _);
            case CborMajorType.Array:
                return TryReadArrayStart(out var items) && TrySkipMany(items, depth);
            case CborMajorType.Map:
                return TryReadMapStart(out var pairs) && TrySkipMany(2 * pairs, depth);
            case CborMajorType.Tag:
                _rest = _rest[size..];
                return TrySkipItem(depth + 1);
            default:
                _rest = _rest[size..];
                return size == 1 && argument is 20 or 21 or 22;             // false, true, null
        }
    }

    private bool TrySkipMany(int count, int depth)
    {
        for (var i = 0; i < count; i++)
        {
            if (!TrySkipItem(depth + 1))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryReadString(int majorType, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (PeekMajorType != majorType || !TryReadHead(_rest, out _, out var length, out var size)
            || length > (ulong)(_rest.Length - size))
        {
            return false;
        }

        content = _rest.Slice(size, (int)length);
        _rest = _rest[(size + (int)length)..];
        return true;
    }

    // An item takes a byte at least, so a count beyond the bytes that are left is a lie, and nobody allocates for it.
    private bool TryReadCount(int majorType, int bytesPerEntry, out int count)
    {
        count = 0;
        if (PeekMajorType != majorType || !TryReadHead(_rest, out _, out var entries, out var size)
            || entries > (ulong)((_rest.Length - size) / bytesPerEntry))
        {
            return false;
        }

        count = (int)entries;
        _rest = _rest[size..];
        return true;
    }

    private static bool TryReadHead(ReadOnlySpan<byte> source, out int major, out ulong argument, out int size)
    {
        (major, argument, size) = (-1, 0, 1);
        if (source.IsEmpty)
        {
            return false;
        }

        major = source[0] >> 5;
        var additional = source[0] & 0x1F;
        if (additional < 24)
        {
            argument = (ulong)additional;
            return true;
        }

        // 28 to 30 are unassigned, 31 starts an indefinite length.
        if (additional > 27)
        {
            return false;
        }

        var width = 1 << (additional - 24);
        if (source.Length <= width)
        {
            return false;
        }

        var bytes = source[1..];
        ulong smallest;
        (argument, smallest) = additional switch
        {
            24 => ((ulong)bytes[0], 24UL),
            25 => ((ulong)BinaryPrimitives.ReadUInt16BigEndian(bytes), 1UL << 8),
            26 => ((ulong)BinaryPrimitives.ReadUInt32BigEndian(bytes), 1UL << 16),
            _ => (BinaryPrimitives.ReadUInt64BigEndian(bytes), 1UL << 32),
        };
        size = 1 + width;
        return argument >= smallest;
    }
}
