namespace Casemate.Rpc.Server;

/// <summary>
/// Overwrites the values of <c>:authority</c> and <c>host</c> in the bytes that a peer sends, in place and without changing any length.
/// <para>
/// Clients that dial a bare path, such as those of grpc-go, send that path as the authority, percent-encoded or not. Kestrel takes host
/// names only and breaks such a stream off before anybody could decide otherwise. On a Unix socket the authority means nothing.
/// </para>
/// <para>
/// This follows frames (RFC 9113, section 4.1) and header fields (RFC 7541, section 6) just far enough to find those values; it judges
/// nothing. Where it loses its way in malformed bytes it leaves the rest alone, and Kestrel, which sees all lengths unchanged, refuses
/// them. It can go when Kestrel lets a server accept any authority.
/// </para>
/// </summary>
/// <remarks>
/// A field by index only needs no look: what it stands for went through here when it entered the table of that connection. A value in
/// Huffman code becomes codes of eight bits each, a value without becomes letters. Neither is longer than the original, because encoders
/// use the Huffman code only where it saves bytes; so Kestrel's table holds all that the peer's holds, and indexes mean the same.
/// </remarks>
internal sealed class AuthorityMask
{
    private const int PrefaceSize = 24;
    private const int FrameHeaderSize = 9;
    private const byte HeadersFrame = 1;
    private const byte ContinuationFrame = 9;
    private const byte PaddedFlag = 0x08;
    private const byte PriorityFlag = 0x20;
    private const byte EndHeadersFlag = 0x04;
    private const uint AuthorityIndex = 1;                                 // RFC 7541, appendix A
    private const uint HostIndex = 38;
    private const int LongestName = 10;                                    // ":authority"
    private const byte PlainMask = (byte)'x';
    private const byte HuffmanMask = 0xFC;                                 // 'X', whose code has just these eight bits

    private readonly byte[] _frameHeader = new byte[FrameHeaderSize];
    private readonly byte[] _name = new byte[LongestName];

    private FramePart _framePart = FramePart.Pass;
    private uint _pass = PrefaceSize;                                      // bytes to leave alone before the next frame header
    private int _frameHeaderRead;
    private uint _block;                                                   // bytes of header fields that are left in this frame
    private uint _padding;
    private bool _isPadded;
    private bool _isBlockOpen;                                             // another frame has to go on with the header fields

    private FieldPart _fieldPart = FieldPart.Start;
    private FieldPart _afterNumber;
    private ulong _number;
    private int _shift;
    private bool _isHuffman;
    private uint _nameLength;
    private uint _nameRead;
    private bool _isMasked;

    private enum FramePart
    {
        Pass,
        Header,
        PadLength,
        Priority,
        Block,
        Lost,
    }

    private enum FieldPart
    {
        Start,
        Number,
        Index,
        NameStart,
        NameLength,
        Name,
        ValueStart,
        ValueLength,
        Value,
        Indexed,
        Lost,
    }

    /// <summary>True where a frame of any type may follow the bytes taken so far.</summary>
    public bool IsBetweenFrames => _framePart is FramePart.Header && _frameHeaderRead == 0 && !_isBlockOpen;

    /// <summary>Takes the next bytes of the connection, in whatever pieces they arrive.</summary>
    public void Apply(Span<byte> bytes)
    {
        while (!bytes.IsEmpty && _framePart is not FramePart.Lost)
        {
            bytes = bytes[TakeFrame(bytes)..];
        }
    }

    // Each returns how many bytes it dealt with; at least one.
    private int TakeFrame(Span<byte> bytes)
    {
        switch (_framePart)
        {
            case FramePart.Pass:
                var passed = (int)Math.Min((uint)bytes.Length, _pass);
                _pass -= (uint)passed;
                _framePart = _pass == 0 ? FramePart.Header : FramePart.Pass;
                return passed;
            case FramePart.Header:
                _frameHeader[_frameHeaderRead++] = bytes[0];
                if (_frameHeaderRead == FrameHeaderSize)
                {
                    _frameHeaderRead = 0;
                    StartFrame();
                }

                return 1;
            case FramePart.PadLength:
                _padding = bytes[0];
                StartBlock(_block - 1);
                return 1;
            case FramePart.Priority:
                return TakePriority(bytes);
            case FramePart.Block:
                var taken = Math.Min(bytes.Length, (int)_block);
                TakeFields(bytes[..taken]);
                _block -= (uint)taken;
                EndBlockIfDone();
                return taken;
            default:
                return bytes.Length;
        }
    }

    private void StartFrame()
    {
        var length = ((uint)_frameHeader[0] << 16) | ((uint)_frameHeader[1] << 8) | _frameHeader[2];
        var (type, flags) = (_frameHeader[3], _frameHeader[4]);
        _padding = 0;
        _block = length;
        _isBlockOpen = type is HeadersFrame or ContinuationFrame && (flags & EndHeadersFlag) == 0;
        if (type is HeadersFrame)
        {
            _fieldPart = FieldPart.Start;
            _isPadded = (flags & PaddedFlag) != 0;
            _pass = (flags & PriorityFlag) != 0 ? 5u : 0u;                 // stream and weight
            if (length < (_isPadded ? 1u : 0u) + _pass)
            {
                _framePart = FramePart.Lost;                               // a frame too short for its flags ends the connection
                return;
            }

            _framePart = _isPadded ? FramePart.PadLength : FramePart.Priority;
            if (!_isPadded)
            {
                StartBlock(length);
            }
        }
        else if (type is ContinuationFrame)
        {
            _framePart = FramePart.Block;
            EndBlockIfDone();
        }
        else
        {
            Skip(length);
        }
    }

    private void StartBlock(uint rest)
    {
        if (rest < _padding + _pass)
        {
            _framePart = FramePart.Lost;
            return;
        }

        _block = rest - _padding - _pass;
        _framePart = _pass > 0 ? FramePart.Priority : FramePart.Block;
        EndBlockIfDone();
    }

    private int TakePriority(Span<byte> bytes)
    {
        var taken = (int)Math.Min((uint)bytes.Length, _pass);
        _pass -= (uint)taken;
        if (_pass == 0)
        {
            _framePart = FramePart.Block;
            EndBlockIfDone();
        }

        return taken;
    }

    private void EndBlockIfDone()
    {
        if (_framePart is FramePart.Block && _block == 0)
        {
            Skip(_padding);
        }
    }

    private void Skip(uint length)
    {
        _pass = length;
        _framePart = length > 0 ? FramePart.Pass : FramePart.Header;
    }

    private void TakeFields(Span<byte> bytes)
    {
        while (!bytes.IsEmpty && _fieldPart is not FieldPart.Lost)
        {
            switch (_fieldPart)
            {
                case FieldPart.Start:
                    StartField(bytes[0]);
                    bytes = bytes[1..];
                    break;
                case FieldPart.Number:
                    TakeNumber(bytes[0]);
                    bytes = bytes[1..];
                    break;
                case FieldPart.NameStart or FieldPart.ValueStart:
                    _isHuffman = (bytes[0] & 0x80) != 0;
                    StartNumber(bytes[0], 7, _fieldPart is FieldPart.NameStart ? FieldPart.NameLength : FieldPart.ValueLength);
                    bytes = bytes[1..];
                    break;
                case FieldPart.Name:
                    bytes = bytes[TakeName(bytes)..];
                    break;
                default:
                    bytes = bytes[TakeValue(bytes)..];
                    break;
            }
        }
    }

    // The four forms of a field, told apart by the first bits: RFC 7541, sections 6.1 to 6.3.
    private void StartField(byte first)
    {
        switch (first)
        {
            case >= 0x80:
                StartNumber(first, 7, FieldPart.Indexed);
                break;
            case >= 0x40:
                StartNumber(first, 6, FieldPart.Index);
                break;
            case >= 0x20:
                StartNumber(first, 5, FieldPart.Indexed);                  // a table size, which needs no look either
                break;
            default:
                StartNumber(first, 4, FieldPart.Index);
                break;
        }
    }

    private void StartNumber(byte first, int bits, FieldPart then)
    {
        var most = (1u << bits) - 1;
        _number = first & most;
        _shift = 0;
        _afterNumber = then;
        if (_number < most)
        {
            EndNumber();
        }
        else
        {
            _fieldPart = FieldPart.Number;
        }
    }

    private void TakeNumber(byte next)
    {
        _number += (ulong)(next & 0x7F) << _shift;
        _shift += 7;
        if (_number > int.MaxValue || (_shift > 28 && (next & 0x80) != 0))
        {
            _fieldPart = FieldPart.Lost;                                   // beyond every limit of Kestrel, which ends the connection
        }
        else if ((next & 0x80) == 0)
        {
            EndNumber();
        }
    }

    private void EndNumber()
    {
        var number = (uint)_number;
        switch (_afterNumber)
        {
            case FieldPart.Indexed:
                _fieldPart = FieldPart.Start;
                break;
            case FieldPart.Index:
                _isMasked = number is AuthorityIndex or HostIndex;
                _fieldPart = number == 0 ? FieldPart.NameStart : FieldPart.ValueStart;
                break;
            case FieldPart.NameLength:
                (_nameLength, _nameRead) = (number, 0);
                _fieldPart = FieldPart.Name;
                EndNameIfDone();
                break;
            default:
                _number = number;
                _fieldPart = number == 0 ? FieldPart.Start : FieldPart.Value;
                break;
        }
    }

    private int TakeName(Span<byte> bytes)
    {
        var taken = (int)Math.Min((uint)bytes.Length, _nameLength - _nameRead);
        for (var i = 0; i < taken && _nameRead + i < LongestName; i++)
        {
            _name[(int)_nameRead + i] = bytes[i];
        }

        _nameRead += (uint)taken;
        EndNameIfDone();
        return taken;
    }

    private void EndNameIfDone()
    {
        if (_nameRead == _nameLength)
        {
            _isMasked = _nameLength <= LongestName && IsMaskedName(_name.AsSpan(0, (int)_nameLength), _isHuffman);
            _fieldPart = FieldPart.ValueStart;
        }
    }

    private static bool IsMaskedName(ReadOnlySpan<byte> name, bool isHuffman) => isHuffman
        ? name.SequenceEqual((ReadOnlySpan<byte>)[0xB8, 0x3B, 0x53, 0x39, 0xEC, 0x32, 0x7D, 0x7F])      // ":authority"
            || name.SequenceEqual((ReadOnlySpan<byte>)[0x9C, 0xE8, 0x4F])                               // "host"
        : name.SequenceEqual(":authority"u8) || name.SequenceEqual("host"u8);

    private int TakeValue(Span<byte> bytes)
    {
        var taken = (int)Math.Min((ulong)bytes.Length, _number);
        if (_isMasked)
        {
            bytes[..taken].Fill(_isHuffman ? HuffmanMask : PlainMask);
        }

        _number -= (ulong)taken;
        _fieldPart = _number == 0 ? FieldPart.Start : FieldPart.Value;
        return taken;
    }
}
