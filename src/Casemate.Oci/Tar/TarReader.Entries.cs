using System.Globalization;

namespace Casemate.Oci.Tar;

public sealed partial class TarReader
{
    private (byte Type, long Size) ReadTypeAndSize()
    {
        if (!TarHeader.TryRead(_block, out var header))
        {
            throw Malformed("a header has a wrong checksum");
        }

        return header.TrySize(out var size) ? (header.Type, size) : throw Malformed("a header has no size");
    }

    private TarEntry ReadEntry(Extensions extensions, long size)
    {
        _ = TarHeader.TryRead(_block, out var header);
        size = extensions.Number("size") ?? size;
        var link = Text(extensions.LongLink ?? extensions.Value("linkpath"), header.Link, []);
        var path = Text(extensions.LongName ?? extensions.Value("path"), header.Name, header.Prefix);
        if (path.Length == 0)
        {
            throw Malformed("an entry has no name");
        }

        // Before pax, a directory was a file whose name ends with a slash.
        var kind = KindOf(header.Type, path);
        if (size < 0 || size > _limits.MaxUnpackedBytes)
        {
            throw size < 0
                ? Malformed($"'{Quoted.Of(path)}' has a negative size")
                : new OciException(
                    OciError.LimitExceeded, $"{_name}: '{Quoted.Of(path)}' has {size} bytes, and {_limits.MaxUnpackedBytes} is the limit");
        }

        if (size > 0 && kind != TarEntryKind.File)
        {
            throw Malformed($"'{Quoted.Of(path)}' is not a file and has content");
        }

        var isLink = kind is TarEntryKind.HardLink or TarEntryKind.SymbolicLink;
        if (isLink && link.Length == 0)
        {
            throw Malformed($"the link '{Quoted.Of(path)}' leads nowhere");
        }

        if (!header.TryMode(out var mode) || !header.TryUserId(out var user) || !header.TryGroupId(out var group) || !header.TryModified(out var time))
        {
            throw Malformed($"a number in the header of '{Quoted.Of(path)}' is none");
        }

        var (major, minor) = Device(header, kind, path);
        user = extensions.Number("uid") ?? user;
        group = extensions.Number("gid") ?? group;
        if (user is < 0 or > uint.MaxValue || group is < 0 or > uint.MaxValue)
        {
            throw Malformed($"the owner of '{Quoted.Of(path)}' is out of range");
        }

        return new TarEntry(path.Length > 1 ? TrimSlashes(path) : path, kind)
        {
            Mode = (int)(mode & 0xFFF),
            UserId = user,
            GroupId = group,
            Size = size,
            ModifiedSeconds = extensions.Time ?? time,
            LinkTarget = isLink ? link : "",
            DeviceMajor = major,
            DeviceMinor = minor,
            ExtendedAttributes = extensions.Attributes(),
        };
    }

    private static string TrimSlashes(string path) => path.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : "/";

    private (int Major, int Minor) Device(TarHeader header, TarEntryKind kind, string path)
    {
        if (kind is not (TarEntryKind.CharacterDevice or TarEntryKind.BlockDevice) || !header.HasDevice)
        {
            return (0, 0);
        }

        return header.TryDeviceMajor(out var major) && header.TryDeviceMinor(out var minor)
            && major is >= 0 and <= int.MaxValue && minor is >= 0 and <= int.MaxValue
            ? ((int)major, (int)minor)
            : throw Malformed($"the device '{Quoted.Of(path)}' has no numbers");
    }

    private TarEntryKind KindOf(byte type, string path) => (char)type switch
    {
        '\0' when path.EndsWith('/') => TarEntryKind.Directory,
        '\0' or '0' or '7' => TarEntryKind.File,
        '1' => TarEntryKind.HardLink,
        '2' => TarEntryKind.SymbolicLink,
        '3' => TarEntryKind.CharacterDevice,
        '4' => TarEntryKind.BlockDevice,
        '5' => TarEntryKind.Directory,
        '6' => TarEntryKind.Fifo,
        'S' => throw new OciException(
            OciError.Unsupported, $"{_name}: '{Quoted.Of(path)}' is a sparse file in GNU's form", "Write the archive without sparse files."),
        _ => throw Malformed(string.Create(CultureInfo.InvariantCulture, $"'{Quoted.Of(path)}' is of the unknown type 0x{type:X2}")),
    };

    private string Text(ReadOnlyMemory<byte>? extended, ReadOnlySpan<byte> name, ReadOnlySpan<byte> prefix)
    {
        ReadOnlySpan<byte> bytes = extended is { } value ? value.Span : prefix.IsEmpty ? name : [.. prefix, (byte)'/', .. name];
        if (bytes.Length > TarFormat.MaxPathBytes)
        {
            throw new OciException(
                OciError.LimitExceeded, $"{_name}: a name has {bytes.Length} bytes, and {TarFormat.MaxPathBytes} is the limit");
        }

        if (!PaxRecords.TryText(bytes, out var text))
        {
            throw Malformed("a name is not UTF-8");
        }

        return text.Contains('\0') ? throw Malformed("a name holds a zero byte") : text;
    }
}
