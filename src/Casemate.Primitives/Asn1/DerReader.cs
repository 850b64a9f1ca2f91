using System.Formats.Asn1;

namespace Casemate.Primitives.Asn1;

/// <summary>
/// Reads DER in place: a cursor over a span that never copies, never allocates and never throws for bad input.
/// Every method advances only when it returns true. Source: ITU-T X.690, DER rules.
/// </summary>
/// <remarks>
/// A thin layer over <see cref="AsnDecoder"/>, which does the length and encoding checks. It exists because the reader of the
/// base library (<c>AsnReader</c>) allocates a string for every object identifier, and identifiers here are compared as bytes.
/// </remarks>
public ref struct DerReader
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts reading at the first byte of <paramref name="source"/>.</summary>
    public DerReader(ReadOnlySpan<byte> source) => _rest = source;

    /// <summary>True when every byte has been read.</summary>
    public readonly bool IsEmpty => _rest.IsEmpty;

    /// <summary>The bytes not read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>The identifier octet of the next value, or -1 at the end.</summary>
    public readonly int PeekTag => _rest.IsEmpty ? -1 : _rest[0];

    /// <summary>Reads one whole value of any tag.</summary>
    /// <param name="tag">The identifier octet. Multi-byte tags are refused: no format read here uses them.</param>
    /// <param name="content">The content octets.</param>
    /// <param name="encoded">Identifier, length and content together.</param>
    public bool TryReadValue(out int tag, out ReadOnlySpan<byte> content, out ReadOnlySpan<byte> encoded)
    {
        tag = -1;
        content = encoded = default;
        if (_rest.IsEmpty || (_rest[0] & 0x1F) == 0x1F)
        {
            return false;
        }

        if (!AsnDecoder.TryReadEncodedValue(_rest, AsnEncodingRules.DER, out _, out var contentOffset, out var contentLength, out var consumed))
        {
            return false;
        }

        tag = _rest[0];
        content = _rest.Slice(contentOffset, contentLength);
        encoded = _rest[..consumed];
        _rest = _rest[consumed..];
        return true;
    }

    /// <summary>Reads one value whose identifier octet must be <paramref name="expectedTag"/>.</summary>
    public bool TryRead(int expectedTag, out ReadOnlySpan<byte> content)
    {
        content = default;
        return PeekTag == expectedTag && TryReadValue(out _, out content, out _);
    }

    /// <summary>Enters a SEQUENCE (0x30).</summary>
    public bool TryReadSequence(out DerReader inner)
    {
        var found = TryRead(DerTag.Sequence, out var content);
        inner = new DerReader(content);
        return found;
    }

    /// <summary>Reads an OBJECT IDENTIFIER and returns its content octets, for comparison with a constant.</summary>
    public bool TryReadOid(out ReadOnlySpan<byte> oid) => TryRead(DerTag.ObjectIdentifier, out oid) && !oid.IsEmpty;

    /// <summary>Reads an INTEGER and returns its two's complement content octets, at least one and minimal.</summary>
    public bool TryReadInteger(out ReadOnlySpan<byte> content)
    {
        content = default;
        if (PeekTag != DerTag.Integer)
        {
            return false;
        }

        var saved = _rest;
        if (TryReadValue(out _, out content, out _) && IsMinimalInteger(content))
        {
            return true;
        }

        _rest = saved;
        content = default;
        return false;
    }

    /// <summary>Reads a non-negative INTEGER or ENUMERATED that fits into <paramref name="maximum"/>.</summary>
    public bool TryReadUInt32(int tag, uint maximum, out uint value)
    {
        value = 0;
        var saved = _rest;
        if (TryRead(tag, out var content) && IsMinimalInteger(content) && (content[0] & 0x80) == 0 && content.Length <= 5)
        {
            ulong wide = 0;
            foreach (var octet in content)
            {
                wide = (wide << 8) | octet;
            }

            if (wide <= maximum)
            {
                value = (uint)wide;
                return true;
            }
        }

        _rest = saved;
        return false;
    }

    /// <summary>Reads a BOOLEAN: DER allows the content octets 0x00 and 0xFF only.</summary>
    public bool TryReadBoolean(out bool value)
    {
        value = false;
        var saved = _rest;
        if (TryRead(DerTag.Boolean, out var content) && content.Length == 1 && content[0] is 0x00 or 0xFF)
        {
            value = content[0] == 0xFF;
            return true;
        }

        _rest = saved;
        return false;
    }

    /// <summary>Reads an OCTET STRING (primitive).</summary>
    public bool TryReadOctetString(out ReadOnlySpan<byte> content) => TryRead(DerTag.OctetString, out content);

    /// <summary>Reads a BIT STRING whose length is a whole number of octets.</summary>
    public bool TryReadWholeBitString(out ReadOnlySpan<byte> content)
    {
        var saved = _rest;
        if (TryRead(DerTag.BitString, out content) && content.Length >= 1 && content[0] == 0)
        {
            content = content[1..];
            return true;
        }

        _rest = saved;
        content = default;
        return false;
    }

    /// <summary>Reads a UTCTime or GeneralizedTime as RFC 5280 section 4.1.2.5 restricts them: seconds present, zone Z, no fraction.</summary>
    public bool TryReadTime(out DateTimeOffset time)
    {
        time = default;
        var saved = _rest;
        if (TryReadValue(out var tag, out var content, out _))
        {
            var yearDigits = tag switch { DerTag.UtcTime => 2, DerTag.GeneralizedTime => 4, _ => 0 };
            if (yearDigits != 0 && TryParseTime(content, yearDigits, out time))
            {
                return true;
            }
        }

        _rest = saved;
        return false;
    }

    private static bool IsMinimalInteger(ReadOnlySpan<byte> content) =>
        content.Length == 1
        || (content.Length > 1 && !(content[0] == 0x00 && (content[1] & 0x80) == 0) && !(content[0] == 0xFF && (content[1] & 0x80) != 0));

    private static bool TryParseTime(ReadOnlySpan<byte> text, int yearDigits, out DateTimeOffset time)
    {
        time = default;
        if (text.Length != yearDigits + 11 || text[^1] != (byte)'Z' || text[..^1].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        var year = Number(text[..yearDigits]);
        if (yearDigits == 2)
        {
            year += year >= 50 ? 1900 : 2000;                              // RFC 5280 section 4.1.2.5.1
        }

        var rest = text[yearDigits..];
        var (month, day) = (Number(rest[..2]), Number(rest[2..4]));
        var (hour, minute, second) = (Number(rest[4..6]), Number(rest[6..8]), Number(rest[8..10]));
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        time = new DateTimeOffset(year, month, day, hour, minute, second, TimeSpan.Zero);
        return true;
    }

    private static int Number(ReadOnlySpan<byte> digits)
    {
        var value = 0;
        foreach (var digit in digits)
        {
            value = (value * 10) + (digit - '0');
        }

        return value;
    }
}
