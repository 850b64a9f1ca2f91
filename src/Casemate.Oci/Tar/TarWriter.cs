using System.Globalization;
using System.Text;
using Casemate.Primitives.Text;

namespace Casemate.Oci.Tar;

/// <summary>
/// Writes a tar archive whose bytes depend on its entries alone: ustar headers, and a pax header in front of an entry only where ustar
/// cannot say it. No user names, no time of access, nothing of the machine.
/// </summary>
/// <remarks>
/// The base library's writer puts its process id into each pax header and a pax header in front of each entry, so that its archives
/// differ from run to run.
/// </remarks>
public sealed class TarWriter
{
    private const long MaxOctal7 = 0x1FFFFF;
    private const long MaxOctal11 = 0x1FFFFFFFF;
    private const int CopyBytes = 64 * 1024;

    private readonly Stream _archive;
    private byte[]? _buffer;

    /// <summary>Makes a writer; it does not close the stream.</summary>
    public TarWriter(Stream archive)
    {
        ArgumentNullException.ThrowIfNull(archive);
        _archive = archive;
    }

    /// <summary>Writes an entry.</summary>
    /// <param name="entry">The entry; a directory's path gets its slash here.</param>
    /// <param name="content">The content: exactly <see cref="TarEntry.Size"/> bytes are read; null when there is none.</param>
    /// <param name="cancel">Ends the work; the archive is of no use afterwards.</param>
    /// <exception cref="ArgumentException">The entry cannot be written in this form, such as a negative time or a name with a zero byte.</exception>
    /// <exception cref="OciException"><see cref="OciError.Storage"/>: the content has another length than the entry says.</exception>
    public async ValueTask WriteAsync(TarEntry entry, Stream? content, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(entry);
        Check(entry);
        WriteHeaders(entry);
        if (entry.Size == 0)
        {
            return;
        }

        _buffer ??= new byte[CopyBytes];
        for (var left = entry.Size; left > 0;)
        {
            var read = content is null ? 0
                : await content.ReadAsync(_buffer.AsMemory(0, (int)Math.Min(left, _buffer.Length)), cancel).ConfigureAwait(false);
            if (read == 0)
            {
                throw new OciException(
                    OciError.Storage, $"'{Quoted.Of(entry.Path)}' ended {left} bytes before its size of {entry.Size}",
                    "Do not change files while they are packed.");
            }

            await _archive.WriteAsync(_buffer.AsMemory(0, read), cancel).ConfigureAwait(false);
            left -= read;
        }

        if (await content!.ReadAsync(_buffer.AsMemory(0, 1), cancel).ConfigureAwait(false) != 0)
        {
            throw new OciException(
                OciError.Storage, $"'{Quoted.Of(entry.Path)}' is longer than its size of {entry.Size}", "Do not change files while they are packed.");
        }

        Span<byte> padding = stackalloc byte[TarFormat.BlockSize];
        padding.Clear();
        _archive.Write(padding[..TarFormat.Padding(entry.Size)]);
    }

    /// <summary>Writes the end of the archive: two blocks of zeros.</summary>
    public void Finish() => _archive.Write(new byte[2 * TarFormat.BlockSize]);

    private static void Check(TarEntry entry)
    {
        var isLink = entry.Kind is TarEntryKind.HardLink or TarEntryKind.SymbolicLink;
        if (entry.Path.Length == 0 || entry.Path.Contains('\0') || entry.LinkTarget.Contains('\0') || isLink == (entry.LinkTarget.Length == 0)
            || entry.Mode is < 0 or > 0xFFF || entry.UserId is < 0 or > uint.MaxValue || entry.GroupId is < 0 or > uint.MaxValue
            || entry.Size < 0 || (entry.Size > 0 && entry.Kind != TarEntryKind.File) || entry.ModifiedSeconds is < 0 or > MaxOctal11
            || entry.DeviceMajor is < 0 or > (int)MaxOctal7 || entry.DeviceMinor is < 0 or > (int)MaxOctal7)
        {
            throw new ArgumentException($"'{Quoted.Of(entry.Path)}' cannot be written to a tar archive as it is.", nameof(entry));
        }
    }

    private void WriteHeaders(TarEntry entry)
    {
        var path = StrictUtf8.GetBytes(entry.Kind == TarEntryKind.Directory && !entry.Path.EndsWith('/') ? entry.Path + "/" : entry.Path);
        var link = StrictUtf8.GetBytes(entry.LinkTarget);
        var pax = new SortedDictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        AddText(pax, "path", path);
        AddText(pax, "linkpath", link);
        AddNumber(pax, "size", entry.Size, MaxOctal11);
        AddNumber(pax, "uid", entry.UserId, MaxOctal7);
        AddNumber(pax, "gid", entry.GroupId, MaxOctal7);
        foreach (var (name, value) in entry.ExtendedAttributes)
        {
            pax.Add(TarFormat.ExtendedAttributePrefix + name, value);
        }

        if (pax.Count > 0)
        {
            // The name of the extended header is read by no one who understands it.
            var records = PaxRecords.Write(pax);
            WriteHeader((byte)'x', [.. "PaxHeaders.0/"u8, .. Shortened(path, TarFormat.NameLength - 13)], [], 0x1A4, 0, 0, records.Length, entry);
            _archive.Write(records);
            _archive.Write(new byte[TarFormat.Padding(records.Length)]);
        }

        WriteHeader(
            TypeOf(entry.Kind), Shortened(path, TarFormat.NameLength), Shortened(link, TarFormat.NameLength), entry.Mode,
            entry.UserId <= MaxOctal7 ? entry.UserId : 0, entry.GroupId <= MaxOctal7 ? entry.GroupId : 0,
            entry.Size <= MaxOctal11 ? entry.Size : 0, entry);
    }

    private void WriteHeader(byte type, byte[] name, byte[] link, int mode, long user, long group, long size, TarEntry entry)
    {
        Span<byte> block = stackalloc byte[TarFormat.BlockSize];
        block.Clear();
        name.CopyTo(block);
        Octal(block.Slice(100, 8), mode);
        Octal(block.Slice(108, 8), user);
        Octal(block.Slice(116, 8), group);
        Octal(block.Slice(124, 12), size);
        Octal(block.Slice(136, 12), entry.ModifiedSeconds);
        block[TarFormat.TypeOffset] = type;
        link.CopyTo(block[TarFormat.LinkOffset..]);
        "ustar\000"u8.CopyTo(block[TarFormat.MagicOffset..]);
        Octal(block.Slice(329, 8), type is (byte)'3' or (byte)'4' ? entry.DeviceMajor : 0);
        Octal(block.Slice(337, 8), type is (byte)'3' or (byte)'4' ? entry.DeviceMinor : 0);
        Octal(block.Slice(TarFormat.ChecksumOffset, 7), TarFormat.Checksum(block));
        block[TarFormat.ChecksumOffset + 7] = (byte)' ';
        _archive.Write(block);
    }

    private static void AddText(SortedDictionary<string, ReadOnlyMemory<byte>> pax, string key, byte[] value)
    {
        if (value.Length > TarFormat.NameLength || value.AsSpan().ContainsAnyExceptInRange((byte)0, (byte)0x7F))
        {
            pax.Add(key, value);
        }
    }

    private static void AddNumber(SortedDictionary<string, ReadOnlyMemory<byte>> pax, string key, long value, long max)
    {
        if (value > max)
        {
            pax.Add(key, Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private static byte[] Shortened(byte[] text, int length)
    {
        var result = text[..Math.Min(text.Length, length)];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = result[i] < 0x80 ? result[i] : (byte)'_';
        }

        return result;
    }

    private static void Octal(Span<byte> field, long value)
    {
        for (var i = field.Length - 2; i >= 0; i--)
        {
            field[i] = (byte)('0' + (value & 7));
            value >>= 3;
        }
    }

    private static byte TypeOf(TarEntryKind kind) => kind switch
    {
        TarEntryKind.File => (byte)'0',
        TarEntryKind.HardLink => (byte)'1',
        TarEntryKind.SymbolicLink => (byte)'2',
        TarEntryKind.CharacterDevice => (byte)'3',
        TarEntryKind.BlockDevice => (byte)'4',
        TarEntryKind.Directory => (byte)'5',
        TarEntryKind.Fifo => (byte)'6',
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
