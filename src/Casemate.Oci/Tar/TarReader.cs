using Casemate.Oci.Streams;

namespace Casemate.Oci.Tar;

/// <summary>
/// Reads a tar archive from a stream that may be hostile: every length is held against a limit before anything is allocated for it,
/// and every form that two readers could take differently is refused.
/// </summary>
/// <remarks>
/// The base library's reader allocates as much for an extended header as the header claims, follows global headers, and accepts
/// names that are not UTF-8. This one reads ustar, pax and GNU's long names; sparse files are refused, because layers have none and
/// each writer has its own form of them. Not safe for use by several threads.
/// </remarks>
public sealed partial class TarReader
{
    private const int MaxExtensionBytes = 1 << 20;

    private static readonly Dictionary<string, ReadOnlyMemory<byte>> s_noRecords = [];

    private readonly Stream _archive;
    private readonly OciLimits _limits;
    private readonly string _name;
    private readonly byte[] _block = new byte[TarFormat.BlockSize];
    private BoundedReadStream? _content;
    private int _padding;
    private long _entries;
    private bool _ended;

    /// <summary>Makes a reader; it reads ahead by no more than a block, and does not close the stream.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="name">How the archive is named in messages.</param>
    /// <param name="limits">What is read at most; null for <see cref="OciLimits.Default"/>.</param>
    public TarReader(Stream archive, string name, OciLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(archive);
        (_archive, _name, _limits) = (archive, name, limits ?? OciLimits.Default);
    }

    /// <summary>The content of the current entry; empty for anything but a file. Valid until the next entry is asked for.</summary>
    public Stream Content => _content ?? Stream.Null;

    /// <summary>
    /// The header block of the current entry as it stands in the archive, 512 bytes; for those who need more of it than
    /// <see cref="TarEntry"/> says. It does not know what extended headers said. Valid until the next entry is asked for.
    /// </summary>
    public ReadOnlySpan<byte> Header => _block;

    /// <summary>
    /// The records of the pax header in front of the current entry, by key; empty where there is none. They are what the archive says:
    /// times, sizes and names among them have been checked and are in <see cref="TarEntry"/>.
    /// </summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> PaxHeader { get; private set; } = s_noRecords;

    /// <summary>Where in the archive the header block of the current entry begins; its content begins 512 bytes behind.</summary>
    public long HeaderPosition { get; private set; }

    /// <summary>How many bytes of the archive were read so far, contents and headers alike.</summary>
    public long Position { get; private set; }

    /// <summary>Goes to the next entry, past what is left of the current one.</summary>
    /// <returns>The entry; null at the end of the archive.</returns>
    /// <exception cref="OciException">The archive is malformed, or a limit is exceeded.</exception>
    public async ValueTask<TarEntry?> NextAsync(CancellationToken cancel)
    {
        await SkipContentAsync(cancel).ConfigureAwait(false);
        var extensions = new Extensions();
        while (!_ended)
        {
            if (!await ReadBlockAsync(cancel).ConfigureAwait(false))
            {
                break;
            }

            if (++_entries > _limits.MaxLayerEntries)
            {
                throw new OciException(OciError.LimitExceeded, $"{_name} has more than {_limits.MaxLayerEntries} entries");
            }

            var (type, size) = ReadTypeAndSize();
            switch (type)
            {
                case (byte)'x' or (byte)'g' or (byte)'L' or (byte)'K':
                    await ReadExtensionAsync(extensions, type, size, cancel).ConfigureAwait(false);
                    break;
                default:
                    var entry = ReadEntry(extensions, size);
                    HeaderPosition = Position - TarFormat.BlockSize;
                    PaxHeader = extensions.Records ?? s_noRecords;
                    _content = entry.Size == 0 ? null : new BoundedReadStream(_archive, entry.Size, Truncated);
                    _padding = TarFormat.Padding(entry.Size);
                    Position += entry.Size;
                    return entry;
            }
        }

        _ended = true;
        if (extensions.Any)
        {
            throw Malformed("it ends behind an extended header");
        }

        return null;
    }

    private async ValueTask SkipContentAsync(CancellationToken cancel)
    {
        if (_content is not null)
        {
            await _content.DrainAsync(cancel).ConfigureAwait(false);
            _content = null;
        }

        if (_padding > 0)
        {
            await ReadExactlyAsync(_block.AsMemory(0, _padding), cancel).ConfigureAwait(false);
            _padding = 0;
        }
    }

    // An archive ends with two blocks of zeros. One is enough for the common readers, and so is the plain end of the stream; a
    // header behind a single zero block is read by some and not by others, and so refused.
    private async ValueTask<bool> ReadBlockAsync(CancellationToken cancel)
    {
        var zeros = 0;
        while (true)
        {
            var read = await _archive.ReadAtLeastAsync(_block, _block.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
            Position += read;
            if (read == 0)
            {
                return false;
            }

            if (read < _block.Length)
            {
                throw Truncated();
            }

            if (_block.AsSpan().ContainsAnyExcept((byte)0))
            {
                return zeros == 0 ? true : throw Malformed("something follows a block of zeros that should end it");
            }

            if (++zeros == 2)
            {
                return false;
            }
        }
    }

    private async ValueTask ReadExtensionAsync(Extensions extensions, byte type, long size, CancellationToken cancel)
    {
        if (size is < 0 or > MaxExtensionBytes)
        {
            throw new OciException(OciError.LimitExceeded, $"{_name}: an extended header has {size} bytes, and {MaxExtensionBytes} is the limit");
        }

        var bytes = new byte[size];
        await ReadExactlyAsync(bytes, cancel).ConfigureAwait(false);
        await ReadExactlyAsync(_block.AsMemory(0, TarFormat.Padding(size)), cancel).ConfigureAwait(false);
        if (extensions.Add(type, bytes) is { } problem)
        {
            throw Malformed(problem);
        }
    }

    private async ValueTask ReadExactlyAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        if (await _archive.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false) < buffer.Length)
        {
            throw Truncated();
        }

        Position += buffer.Length;
    }

    private OciException Truncated() => Malformed("it ends in the middle of an entry");

    private OciException Malformed(string what) => new(OciError.MalformedLayer, $"{_name} is not a well-formed tar archive: {what}");
}
