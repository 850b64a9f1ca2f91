namespace Casemate.Oci.Zstandard;

/// <summary>
/// What a frame gave last, as far back as a match may reach, and the block that is being decoded.
/// </summary>
/// <remarks>
/// A ring whose blocks are never split: where the next one would not fit it begins at the start again, and what stands behind it up to
/// <see cref="WrappedAt"/> is the older part. The room is two blocks larger than the window, so that a block never overwrites what its
/// matches may still reach. It grows with what really came, up to what the header claims, which was checked before.
/// </remarks>
internal sealed class Window
{
    /// <summary>What a copy in whole vectors may write past its end.</summary>
    public const int Slack = 32;

    private const int FirstBytes = 2 * (FrameHeader.BlockMaximumSize + Slack);

    private byte[] _bytes = [];
    private int _capacity;
    private int _blockSize;
    private int _taken;

    /// <summary>How far back a match may reach, as the frame's header says.</summary>
    public int Size { get; private set; }

    /// <summary>Where the next block begins.</summary>
    public int Position { get; private set; }

    /// <summary>Where the older part ends; 0 if there is none.</summary>
    public int WrappedAt { get; private set; }

    /// <summary>The bytes that the frame gave before the block that is being decoded.</summary>
    public long Produced { get; private set; }

    /// <summary>All the memory. What was not written in this frame is kept out by the checks on offsets.</summary>
    public Span<byte> Memory => _bytes;

    /// <summary>The bytes that no block exceeds.</summary>
    public int BlockSize => _blockSize;

    /// <summary>The bytes of the last block that were not taken yet.</summary>
    public int Available => Position - _taken;

    /// <summary>Forgets what was before.</summary>
    public void BeginFrame(int size, int blockSize)
    {
        (Size, _blockSize) = (size, blockSize);
        _capacity = size + (2 * (blockSize + Slack));
        (Position, WrappedAt, Produced, _taken) = (0, 0, 0, 0);
    }

    /// <summary>Makes room for a block.</summary>
    /// <returns>The room: the largest block, and <see cref="Slack"/>.</returns>
    public Span<byte> BeginBlock()
    {
        var room = _blockSize + Slack;
        while (Position > _bytes.Length - room)
        {
            if (_bytes.Length < _capacity)
            {
                var larger = (int)Math.Min(_capacity, Math.Max(2L * _bytes.Length, FirstBytes));
                Array.Resize(ref _bytes, larger);
            }
            else
            {
                (WrappedAt, Position, _taken) = (Position, 0, 0);
            }
        }

        return _bytes.AsSpan(Position, room);
    }

    /// <summary>Keeps what was written into the room.</summary>
    public void EndBlock(int produced)
    {
        Position += produced;
        Produced += produced;
    }

    /// <summary>Takes decoded bytes.</summary>
    public int Take(Span<byte> destination)
    {
        var taken = Math.Min(destination.Length, Available);
        _bytes.AsSpan(_taken, taken).CopyTo(destination);
        _taken += taken;
        return taken;
    }
}
