using Casemate.Oci.Streams;

namespace Casemate.Oci.Zstandard;

/// <summary>
/// Decompresses Zstandard data: any number of frames, skippable ones among them. Source: RFC 8878. Leaves the stream behind it open.
/// </summary>
/// <remarks>
/// Own code, because the base library of .NET 10 has no decoder and no package of the kind is among those that this project builds from.
/// It can go as soon as either is true. It only reads, knows no dictionaries, and holds a window of at most
/// <see cref="DefaultMaxWindowBytes"/>; how much comes out is for the reader to bound.
/// A block is handed out when all of it was decoded; the frame's checksum, if it has one, is known only after its last block.
/// </remarks>
internal sealed class ZstandardStream : ReadOnlyStream
{
    /// <summary>
    /// 128 MiB: what the strongest level of the usual compressor asks for, and what the usual decompressor allows unless told otherwise.
    /// RFC 8878, section 3.1.1.1.2, asks for 8 MiB at least.
    /// </summary>
    public const int DefaultMaxWindowBytes = 128 << 20;

    // Two blocks of the largest size with their headers, and more.
    private const int InputBytes = 320 * 1024;

    private readonly Stream _source;
    private readonly FrameDecoder _decoder;
    private readonly byte[] _input = new byte[InputBytes];
    private int _start;
    private int _end;
    private long _position;
    private bool _sourceEnded;
    private ZstandardException? _failure;

    /// <summary>Makes the stream; nothing is read yet.</summary>
    /// <param name="source">The compressed bytes.</param>
    /// <param name="maxWindowBytes">The largest window that a frame may ask for.</param>
    public ZstandardStream(Stream source, int maxWindowBytes = DefaultMaxWindowBytes) =>
        (_source, _decoder) = (source, new FrameDecoder(maxWindowBytes));

    /// <summary>True if data with these first bytes is Zstandard's; four of them are enough.</summary>
    public static bool IsMagic(ReadOnlySpan<byte> first) => FrameHeader.IsMagic(first) || FrameHeader.IsSkippableMagic(first);

    /// <inheritdoc/>
    /// <exception cref="ZstandardException">The data is not well-formed, or asks for more than is allowed.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (!IsReady(buffer.Length))
        {
            for (var read = -1; read != 0 && MayFill();)
            {
                read = _source.Read(_input.AsSpan(_end));
                Filled(read);
            }
        }

        return _decoder.Take(buffer);
    }

    /// <inheritdoc/>
    /// <exception cref="ZstandardException">The data is not well-formed, or asks for more than is allowed.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!IsReady(buffer.Length))
        {
            for (var read = -1; read != 0 && MayFill();)
            {
                read = await _source.ReadAsync(_input.AsMemory(_end), cancellationToken).ConfigureAwait(false);
                Filled(read);
            }
        }

        return _decoder.Take(buffer.Span);
    }

    // Decodes until there is something to hand out or the data ends; false if more bytes are needed first.
    private bool IsReady(int wanted)
    {
        if (_failure is not null)
        {
            throw _failure;
        }

        try
        {
            while (wanted > 0 && _decoder.Available == 0)
            {
                if (_end - _start < _decoder.Needed)
                {
                    return _sourceEnded && IsAtEnd();
                }

                var used = _decoder.Advance(_input.AsSpan(_start, _end - _start));
                _start += used;
                _position += used;
            }

            return true;
        }
        catch (ZstandardException failure)
        {
            _failure = failure.At(_position);
            throw _failure;
        }
    }

    private bool IsAtEnd()
    {
        if (_start == _end && _decoder.IsBetweenFrames && _position > 0)
        {
            return true;
        }

        throw new ZstandardException(ZstandardError.Truncated, _position == 0 && _end == 0
            ? "there is nothing; at least one frame is expected"
            : $"the data ends where {_decoder.Expects} is expected");
    }

    // The buffer is always filled whole: what came in before something goes out then depends on the bytes alone, not on the pieces in
    // which they arrive, and so does what a limit on the ratio of the two decides.
    private bool MayFill()
    {
        if (_start > 0)
        {
            _input.AsSpan(_start, _end - _start).CopyTo(_input);
            (_start, _end) = (0, _end - _start);
        }

        return _end < InputBytes && !_sourceEnded;
    }

    private void Filled(int read)
    {
        _end += read;
        _sourceEnded |= read == 0;
    }
}
