using System.Buffers.Binary;

namespace Casemate.Oci.Zstandard;

/// <summary>Decodes frames step by step: says how many bytes the next step needs, takes them, and keeps what comes out until it is taken.</summary>
internal sealed class FrameDecoder(int maxWindowBytes)
{
    private const int SkippableSizeSize = 4;
    private const int BlockHeaderSize = 3;
    private const int ChecksumSize = 4;

    private readonly Window _window = new();
    private readonly BlockDecoder _blocks = new();
    private readonly XxHash64 _checksum = new();
    private FrameHeader _header;
    private Step _step = Step.Magic;
    private bool _isLastBlock;
    private BlockType _blockType;
    private int _blockSize;
    private long _produced;
    private long _skip;

    private enum Step
    {
        Magic,
        Descriptor,
        Header,
        SkippableSize,
        Skipping,
        BlockHeader,
        Block,
        Checksum,
    }

    // RFC 8878, section 3.1.1.2.2.
    private enum BlockType
    {
        Raw = 0,
        RunLength = 1,
        Compressed = 2,
        Reserved = 3,
    }

    /// <summary>The bytes that the next step needs at once; always at least one, and no more than a block has.</summary>
    public int Needed { get; private set; } = FrameHeader.MagicSize;

    /// <summary>True where the data may end.</summary>
    public bool IsBetweenFrames => _step == Step.Magic;

    /// <summary>What the next step reads, for messages.</summary>
    public string Expects => _step switch
    {
        Step.Magic => "a magic number",
        Step.Descriptor or Step.Header => "a frame's header",
        Step.SkippableSize => "a skippable frame's size",
        Step.Skipping => "the rest of a skippable frame",
        Step.BlockHeader => "a block's header",
        Step.Block => "a block",
        _ => "a checksum",
    };

    /// <summary>The bytes that were decoded and not taken yet.</summary>
    public int Available => _window.Available;

    /// <summary>Takes decoded bytes.</summary>
    /// <returns>How many there were, at most what fits.</returns>
    public int Take(Span<byte> destination) => _window.Take(destination);

    /// <summary>Makes the next step. All that was decoded before must be taken.</summary>
    /// <param name="input">At least <see cref="Needed"/> bytes.</param>
    /// <returns>How many of them were used.</returns>
    /// <exception cref="ZstandardException">The bytes are not well-formed, or ask for too much; the decoder is of no more use.</exception>
    public int Advance(ReadOnlySpan<byte> input)
    {
        var used = Needed;
        switch (_step)
        {
            case Step.Magic:
                ReadMagic(input);
                break;
            case Step.Descriptor:
                used = 0;
                Next(Step.Header, FrameHeader.SizeOf(input[0]));
                break;
            case Step.Header:
                BeginFrame(FrameHeader.Read(input[..used]));
                break;
            case Step.SkippableSize:
                _skip = BinaryPrimitives.ReadUInt32LittleEndian(input);
                NextAfterSkipping();
                break;
            case Step.Skipping:
                used = (int)Math.Min(input.Length, _skip);
                _skip -= used;
                NextAfterSkipping();
                break;
            case Step.BlockHeader:
                ReadBlockHeader(input);
                break;
            case Step.Block:
                ReadBlock(input[..used]);
                break;
            case Step.Checksum:
                CompareChecksum(BinaryPrimitives.ReadUInt32LittleEndian(input));
                Next(Step.Magic, FrameHeader.MagicSize);
                break;
        }

        return used;
    }

    private void Next(Step step, int needed) => (_step, Needed) = (step, needed);

    private void ReadMagic(ReadOnlySpan<byte> input)
    {
        if (FrameHeader.IsMagic(input))
        {
            Next(Step.Descriptor, 1);
        }
        else if (FrameHeader.IsSkippableMagic(input))
        {
            Next(Step.SkippableSize, SkippableSizeSize);
        }
        else
        {
            throw new ZstandardException(ZstandardError.NotAFrame, $"{Convert.ToHexStringLower(input[..4])} does not begin a frame");
        }
    }

    private void NextAfterSkipping()
    {
        if (_skip > 0)
        {
            Next(Step.Skipping, 1);
        }
        else
        {
            Next(Step.Magic, FrameHeader.MagicSize);
        }
    }

    private void BeginFrame(FrameHeader header)
    {
        if (header.WindowSize > (ulong)maxWindowBytes)
        {
            throw new ZstandardException(
                ZstandardError.WindowTooLarge, $"the frame asks for a window of {header.WindowSize} bytes, and {maxWindowBytes} are allowed");
        }

        _header = header;
        _produced = 0;
        _checksum.Reset();
        _window.BeginFrame((int)header.WindowSize, header.BlockSize);
        _blocks.BeginFrame();
        Next(Step.BlockHeader, BlockHeaderSize);
    }

    private void ReadBlockHeader(ReadOnlySpan<byte> input)
    {
        var header = input[0] | (input[1] << 8) | (input[2] << 16);
        _isLastBlock = (header & 1) != 0;
        _blockType = (BlockType)((header >> 1) & 3);
        _blockSize = header >> 3;
        if (_blockType == BlockType.Reserved)
        {
            throw ZstandardException.Block("the block is of the reserved type");
        }

        // A compressed block may be larger than what it gives, so the window does not bound it. The format's own maximum does.
        var limit = _blockType == BlockType.Compressed ? FrameHeader.BlockMaximumSize : _header.BlockSize;
        if (_blockSize > limit)
        {
            throw ZstandardException.Block($"the block has {_blockSize} bytes, and this frame's have {limit} at most");
        }

        Next(Step.Block, _blockType == BlockType.RunLength ? 1 : _blockSize);
        if (Needed == 0)
        {
            ReadBlock([]);
        }
    }

    private void ReadBlock(ReadOnlySpan<byte> content)
    {
        var output = _window.BeginBlock();
        var produced = _blockSize;
        switch (_blockType)
        {
            case BlockType.Raw:
                content.CopyTo(output);
                break;
            case BlockType.RunLength:
                output[.._blockSize].Fill(content[0]);
                break;
            default:
                produced = _blocks.Decode(content, _window);
                break;
        }

        _produced += produced;
        if (_header.ContentSize is { } size && ((ulong)_produced > size || (_isLastBlock && (ulong)_produced != size)))
        {
            throw new ZstandardException(
                ZstandardError.ContentSizeMismatch,
                $"the frame gives {(_isLastBlock ? "" : "more than ")}{_produced} bytes, and its header promises {size}");
        }

        if (_header.HasChecksum)
        {
            _checksum.Append(output[..produced]);
        }

        _window.EndBlock(produced);
        if (!_isLastBlock)
        {
            Next(Step.BlockHeader, BlockHeaderSize);
        }
        else if (_header.HasChecksum)
        {
            Next(Step.Checksum, ChecksumSize);
        }
        else
        {
            Next(Step.Magic, FrameHeader.MagicSize);
        }
    }

    private void CompareChecksum(uint promised)
    {
        var actual = (uint)_checksum.Digest();
        if (actual != promised)
        {
            throw new ZstandardException(
                ZstandardError.ChecksumMismatch, $"the frame's content has the checksum {actual:x8}, and {promised:x8} is promised");
        }
    }
}
