using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Casemate.Oci.Zstandard;

// RFC 8878, sections 3.1.1.3.2 and 3.1.1.4: the sequences, and what they give.
internal sealed partial class BlockDecoder
{
    private const int ReservedModeBits = 3;
    private const int VectorBytes = 16;

    // After this many bits a refill is needed before the three states can be renewed, which take 26 bits at most.
    private const int BitsBeforeStates = BackwardBitReader.BitsAfterRefill - 26;

    private readonly RepeatableTable _literalLengths = new(SymbolKind.LiteralLengths, SymbolKind.PredefinedLiteralLengths);
    private readonly RepeatableTable _offsets = new(SymbolKind.Offsets, SymbolKind.PredefinedOffsets);
    private readonly RepeatableTable _matchLengths = new(SymbolKind.MatchLengths, SymbolKind.PredefinedMatchLengths);
    private uint _repeated1;
    private uint _repeated2;
    private uint _repeated3;

    private int ReadSequences(ReadOnlySpan<byte> source, Window window)
    {
        var used = ReadCount(source, out var count);
        source = source[used..];
        if (count == 0)
        {
            if (!source.IsEmpty)
            {
                throw ZstandardException.Block($"{source.Length} bytes follow a section without sequences");
            }

            _literals.AsSpan(0, _literalsLength).CopyTo(window.Memory[window.Position..]);
            return _literalsLength;
        }

        if (source.IsEmpty)
        {
            throw ZstandardException.Block("the header of the sequences is cut off");
        }

        var modes = source[0];
        if ((modes & ReservedModeBits) != 0)
        {
            throw ZstandardException.Block("the reserved bits of the sequences' modes are set");
        }

        source = source[1..];
        source = source[_literalLengths.Read(modes >> 6, source)..];
        source = source[_offsets.Read((modes >> 4) & 3, source)..];
        source = source[_matchLengths.Read((modes >> 2) & 3, source)..];
        return Execute(new BackwardBitReader(source, "the stream of sequences"), count, window);
    }

    private static int ReadCount(ReadOnlySpan<byte> source, out int count)
    {
        var size = source.IsEmpty ? 1 : source[0] switch { < 128 => 1, < 255 => 2, _ => 3 };
        if (size > source.Length)
        {
            throw ZstandardException.Block("the number of sequences is cut off");
        }

        count = size switch
        {
            1 => source[0],
            2 => ((source[0] - 128) << 8) + source[1],
            _ => source[1] + (source[2] << 8) + 0x7F00,
        };
        return size;
    }

    private int Execute(BackwardBitReader reader, int count, Window window)
    {
        var lengths = _literalLengths.Current.Entries;
        var offsets = _offsets.Current.Entries;
        var matches = _matchLengths.Current.Entries;
        var lengthState = reader.Read(_literalLengths.Current.AccuracyLog);
        var offsetState = reader.Read(_offsets.Current.AccuracyLog);
        var matchState = reader.Read(_matchLengths.Current.AccuracyLog);

        ReadOnlySpan<byte> literals = _literals;
        var literal = 0;
        var memory = window.Memory;
        var start = window.Position;
        var position = start;
        var end = start + window.BlockSize;
        while (true)
        {
            reader.Refill();
            var lengthEntry = lengths[(int)lengthState];
            var offsetEntry = offsets[(int)offsetState];
            var matchEntry = matches[(int)matchState];
            var offsetValue = offsetEntry.Value + reader.Read(offsetEntry.ExtraBits);
            var matchLength = (int)(matchEntry.Value + reader.Read(matchEntry.ExtraBits));
            var isLong = offsetEntry.ExtraBits + matchEntry.ExtraBits + lengthEntry.ExtraBits > BitsBeforeStates;
            if (isLong)
            {
                reader.Refill();
            }

            var literalLength = (int)(lengthEntry.Value + reader.Read(lengthEntry.ExtraBits));
            var offset = Offset(offsetValue, literalLength == 0);

            // Both lengths are below 2^18, so their sum is no overflow.
            if (literalLength > _literalsLength - literal)
            {
                throw ZstandardException.Block($"a sequence takes {literalLength} literals, and {_literalsLength - literal} are left");
            }

            if (literalLength + matchLength > end - position)
            {
                throw ZstandardException.Block($"the block gives more than {window.BlockSize} bytes");
            }

            CopyLiterals(literals, literal, memory, position, literalLength);
            literal += literalLength;
            position += literalLength;
            if (offset > window.Size || offset > window.Produced + (position - start) || offset == 0)
            {
                throw ZstandardException.Block(
                    $"a match begins {offset} bytes back, and there are {Math.Min(window.Size, window.Produced + (position - start))}");
            }

            CopyMatch(memory, position, (int)offset, matchLength, window.WrappedAt);
            position += matchLength;
            if (--count == 0)
            {
                break;
            }

            lengthState = lengthEntry.NextState + reader.Read(lengthEntry.StateBits);
            matchState = matchEntry.NextState + reader.Read(matchEntry.StateBits);
            offsetState = offsetEntry.NextState + reader.Read(offsetEntry.StateBits);
        }

        reader.Refill();
        if (!reader.IsFinished)
        {
            throw ZstandardException.Block($"the stream of sequences is {(reader.IsOverrun ? "shorter" : "longer")} than its sequences");
        }

        var rest = _literalsLength - literal;
        if (rest > end - position)
        {
            throw ZstandardException.Block($"the block gives more than {window.BlockSize} bytes");
        }

        literals.Slice(literal, rest).CopyTo(memory[position..]);
        return position + rest - start;
    }

    // RFC 8878, section 3.1.1.5. An offset that is used again moves to the front; without literals the first one would only lengthen the
    // match before, so the numbers stand for the next ones.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Offset(uint value, bool hasNoLiterals)
    {
        if (value > 3)
        {
            (_repeated1, _repeated2, _repeated3) = (value - 3, _repeated1, _repeated2);
            return _repeated1;
        }

        switch (hasNoLiterals ? value + 1 : value)
        {
            case 1:
                break;
            case 2:
                (_repeated1, _repeated2) = (_repeated2, _repeated1);
                break;
            case 3:
                (_repeated1, _repeated2, _repeated3) = (_repeated3, _repeated1, _repeated2);
                break;
            default:
                (_repeated1, _repeated2, _repeated3) = (_repeated1 - 1, _repeated1, _repeated2);
                break;
        }

        return _repeated1;
    }

    // Whole vectors, whose surplus stays in the slack or is overwritten by what comes next.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyLiterals(ReadOnlySpan<byte> literals, int from, Span<byte> memory, int to, int length)
    {
        if (length <= VectorBytes)
        {
            Vector128.Create(literals.Slice(from, VectorBytes)).CopyTo(memory.Slice(to, VectorBytes));
        }
        else
        {
            literals.Slice(from, length).CopyTo(memory[to..]);
        }
    }

    private static void CopyMatch(Span<byte> memory, int to, int offset, int length, int wrappedAt)
    {
        if (offset > to)
        {
            // The match begins in the older part, and goes on at the start of the newer one.
            var older = Math.Min(length, offset - to);
            memory.Slice(wrappedAt - (offset - to), older).CopyTo(memory[to..]);
            to += older;
            length -= older;
            if (length == 0)
            {
                return;
            }
        }

        var end = to + length;
        if (offset < VectorBytes)
        {
            // What is repeated is shorter than a vector: written singly until a multiple of it is long enough.
            var repeats = offset * ((VectorBytes + offset - 1) / offset);
            for (var single = Math.Min(end, to + repeats - offset); to < single; to++)
            {
                memory[to] = memory[to - offset];
            }

            offset = repeats;
        }
        else if (length > 4 * VectorBytes && offset >= length)
        {
            memory.Slice(to - offset, length).CopyTo(memory[to..]);
            return;
        }

        for (; to < end; to += VectorBytes)
        {
            Vector128.Create<byte>(memory.Slice(to - offset, VectorBytes)).CopyTo(memory.Slice(to, VectorBytes));
        }
    }
}
