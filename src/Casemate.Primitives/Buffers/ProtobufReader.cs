namespace Casemate.Primitives.Buffers;

/// <summary>
/// Reads the protobuf wire format in place, for messages of which little is wanted: the protobuf runtime makes an object of every field.
/// Never throws, never allocates.
/// </summary>
/// <param name="source">The message.</param>
public ref struct ProtobufReader(ReadOnlySpan<byte> source)
{
    /// <summary>Wire type of numbers.</summary>
    public const int Varint = 0;

    /// <summary>Wire type of bytes and nested messages.</summary>
    public const int LengthDelimited = 2;

    private const int Fixed64 = 1;
    private const int Fixed32 = 5;
    private const int MaximumFieldNumber = (1 << 29) - 1;

    private readonly ReadOnlySpan<byte> _source = source;
    private int _at;

    /// <summary>True when nothing is left.</summary>
    public readonly bool AtEnd => _at == _source.Length;

    /// <summary>Reads field number and wire type.</summary>
    /// <param name="field">The field's number.</param>
    /// <param name="wireType">0 to 7; what its value is encoded as.</param>
    /// <returns>False at the end, and for a number that no field has.</returns>
    public bool TryReadTag(out int field, out int wireType)
    {
        var read = TryReadVarint(out var tag);
        field = (int)Math.Min(tag >> 3, int.MaxValue);
        wireType = (int)(tag & 7);
        return read && field is > 0 and <= MaximumFieldNumber;
    }

    /// <summary>Reads a number of at most 64 bits and ten bytes.</summary>
    /// <param name="value">The number.</param>
    /// <returns>False when there is none.</returns>
    public bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64 && _at < _source.Length; shift += 7)
        {
            var next = _source[_at++];
            if (shift == 63 && next > 1)
            {
                return false;
            }

            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads bytes: their place in the source.</summary>
    /// <param name="place">From where to where.</param>
    /// <returns>False when the source ends before.</returns>
    public bool TryReadBytes(out Range place)
    {
        place = default;
        if (!TryReadVarint(out var length) || length > (ulong)(_source.Length - _at))
        {
            return false;
        }

        place = _at..(_at + (int)length);
        _at += (int)length;
        return true;
    }

    /// <summary>Passes over the value of a field that is not wanted.</summary>
    /// <param name="wireType">As it was read.</param>
    /// <returns>False when the source ends before, and for groups, which none of our protocols has.</returns>
    public bool TrySkip(int wireType) => wireType switch
    {
        Varint => TryReadVarint(out _),
        LengthDelimited => TryReadBytes(out _),
        Fixed64 => TryAdvance(8),
        Fixed32 => TryAdvance(4),
        _ => false,
    };

    private bool TryAdvance(int count)
    {
        if (_source.Length - _at < count)
        {
            return false;
        }

        _at += count;
        return true;
    }
}
