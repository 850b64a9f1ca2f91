using System.Buffers.Binary;

namespace Casemate.Oci.Zstandard;

// RFC 8878, section 3.1.1.3.1: the literals.
internal sealed partial class BlockDecoder
{
    private const int JumpTableSize = 6;

    // The smallest number of literals of which each of four streams has its share.
    private const int MinLiteralsForFour = 6;

    private readonly HuffmanTable _huffman = new();
    private readonly byte[] _literals = new byte[FrameHeader.BlockMaximumSize + Window.Slack];
    private int _literalsLength;

    private enum LiteralsType
    {
        Raw = 0,
        RunLength = 1,
        Compressed = 2,
        Treeless = 3,
    }

    private int ReadLiterals(ReadOnlySpan<byte> block, int blockSize)
    {
        if (block.IsEmpty)
        {
            throw ZstandardException.Block("the block is empty");
        }

        var type = (LiteralsType)(block[0] & 3);
        var format = (block[0] >> 2) & 3;
        var isCompressed = type is LiteralsType.Compressed or LiteralsType.Treeless;
        var headerSize = (isCompressed, format) switch
        {
            (false, 1) => 2,
            (false, 3) => 3,
            (false, _) => 1,
            (true, 2) => 4,
            (true, 3) => 5,
            (true, _) => 3,
        };
        var header = ReadHeader(block, headerSize);
        if (!isCompressed)
        {
            var length = (int)(header >> (headerSize == 1 ? 3 : 4));
            RequireLiterals(length, blockSize);
            return headerSize + ReadPlain(type, block[headerSize..], length);
        }

        var sizeBits = format switch { 2 => 14, 3 => 18, _ => 10 };
        var regenerated = (int)(header >> 4) & ((1 << sizeBits) - 1);
        var compressed = (int)(header >> (4 + sizeBits));
        RequireLiterals(regenerated, blockSize);
        if (compressed > block.Length - headerSize)
        {
            throw ZstandardException.Block($"the literals have {compressed} bytes, and the block has {block.Length - headerSize} left");
        }

        ReadHuffman(type, block.Slice(headerSize, compressed), isFour: format != 0, _literals.AsSpan(0, regenerated));
        return headerSize + compressed;
    }

    private static ulong ReadHeader(ReadOnlySpan<byte> block, int size)
    {
        if (size > block.Length)
        {
            throw ZstandardException.Block("the header of the literals is cut off");
        }

        ulong header = 0;
        for (var i = 0; i < size; i++)
        {
            header |= (ulong)block[i] << (8 * i);
        }

        return header;
    }

    private void RequireLiterals(int length, int blockSize)
    {
        if (length > blockSize)
        {
            throw ZstandardException.Block($"there are {length} literals, and this frame's blocks give {blockSize} bytes at most");
        }

        _literalsLength = length;
    }

    private int ReadPlain(LiteralsType type, ReadOnlySpan<byte> rest, int length)
    {
        var stored = type == LiteralsType.Raw ? length : 1;
        if (stored > rest.Length)
        {
            throw ZstandardException.Block($"the literals have {stored} bytes, and the block has {rest.Length} left");
        }

        if (type == LiteralsType.Raw)
        {
            rest[..length].CopyTo(_literals);
        }
        else
        {
            _literals.AsSpan(0, length).Fill(rest[0]);
        }

        return stored;
    }

    private void ReadHuffman(LiteralsType type, ReadOnlySpan<byte> source, bool isFour, Span<byte> literals)
    {
        if (type == LiteralsType.Compressed)
        {
            source = source[_huffman.Read(source)..];
        }
        else if (!_huffman.IsPresent)
        {
            throw ZstandardException.Block("the literals want an earlier block's Huffman tree, and there is none");
        }

        if (!isFour)
        {
            _huffman.Decode(source, literals);
            return;
        }

        if (literals.Length < MinLiteralsForFour)
        {
            throw ZstandardException.Block($"{literals.Length} literals are in four streams, which takes {MinLiteralsForFour} at least");
        }

        if (source.Length < JumpTableSize)
        {
            throw ZstandardException.Block("the sizes of the four streams of literals are cut off");
        }

        var size1 = BinaryPrimitives.ReadUInt16LittleEndian(source);
        var size2 = BinaryPrimitives.ReadUInt16LittleEndian(source[2..]);
        var size3 = BinaryPrimitives.ReadUInt16LittleEndian(source[4..]);
        var streams = source[JumpTableSize..];
        if (size1 + size2 + size3 >= streams.Length)
        {
            throw ZstandardException.Block("the four streams of literals are longer than their section");
        }

        _huffman.DecodeFour(streams, size1, size2, size3, literals);
    }
}
