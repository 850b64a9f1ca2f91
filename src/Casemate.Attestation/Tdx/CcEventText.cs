using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Casemate.Attestation.Tdx;

/// <summary>
/// Says what an event measured. The data come from an attacker as well as from a firmware: lengths are checked, and only printable
/// characters leave.
/// </summary>
internal static class CcEventText
{
    private const int MaxText = 200;
    private const int ImageLoadHeaderSize = 32;
    private const uint InitrdTag = 0x8F3B22EC;
    private const uint LoadOptionsTag = 0x8F3B22ED;

    private static readonly Guid s_global = new("8be4df61-93ca-11d2-aa0d-00e098032b8c");
    private static readonly Guid s_imageSecurity = new("d719b2cb-3d3a-4596-a3bc-dad00e67656f");

    public static string Describe(CcEvent entry)
    {
        var detail = Detail(entry.Type, entry.Data.Span);
        var meaning = CcEventTypes.MeaningOf(entry.Type);
        return detail.Length == 0 ? meaning : $"{meaning}: {detail}";
    }

    private static string Detail(uint type, ReadOnlySpan<byte> data)
    {
        switch (type)
        {
            case CcEvent.Separator:
                return SeparatorText(data);
            case CcEventTypes.EfiVariableDriverConfig:
            case CcEventTypes.EfiVariableBoot:
            case CcEventTypes.EfiVariableBoot2:
            case CcEventTypes.EfiVariableAuthority:
                return VariableText(data);
            case CcEvent.EfiBootServicesApplication:
            case CcEventTypes.EfiBootServicesDriver:
            case CcEventTypes.EfiRuntimeServicesDriver:
                return ImageText(data);
            case CcEventTypes.EfiPlatformFirmwareBlob2:
            case CcEventTypes.EfiHandoffTables2:
                return data.Length > 0 && data[0] < data.Length ? Printable(data.Slice(1, data[0])) : "";
            case CcEvent.EventTag:
                return TagText(data);
            case CcEventTypes.CrtmVersion:
                return data.Length % 2 == 0 ? Printable(MemoryMarshal.Cast<byte, char>(data)) : "";
            case CcEventTypes.Action:
            case CcEventTypes.EfiAction:
            case CcEventTypes.PostCode:
            case CcEventTypes.PlatformConfigFlags:
            case CcEventTypes.CompactHash:
            case CcEvent.Ipl:
                return TextOf(data);
            default:
                return "";
        }
    }

    private static string SeparatorText(ReadOnlySpan<byte> data) => data.Length != 4 ? ""
        : BinaryPrimitives.ReadUInt32LittleEndian(data) switch
        {
            0 or uint.MaxValue => "no error",
            1 => "an error occurred before",
            var value => "0x" + value.ToString("x8", CultureInfo.InvariantCulture),
        };

    private static string VariableText(ReadOnlySpan<byte> data)
    {
        if (!EfiVariableData.TryRead(data, out var variable))
        {
            return "";
        }

        var name = Printable(variable.Name);
        var owner = variable.Vendor == s_global || variable.Vendor == s_imageSecurity ? "" : $" of {variable.Vendor}";
        var value = variable.Value;
        return value.IsEmpty ? $"{name}{owner} is not set"
            : value.Length == 1 ? $"{name}{owner} is {value[0]}"
            : $"{name}{owner}, {value.Length} bytes";
    }

    // UEFI_IMAGE_LOAD_EVENT: location, length, link time, length of the device path (8 bytes each), device path.
    private static string ImageText(ReadOnlySpan<byte> data)
    {
        if (data.Length < ImageLoadHeaderSize)
        {
            return "";
        }

        var size = BinaryPrimitives.ReadUInt64LittleEndian(data[8..]);
        var path = FilePath(data[ImageLoadHeaderSize..]);
        return path.Length == 0 ? $"{size} bytes" : $"{path}, {size} bytes";
    }

    // A device path is a list of nodes: type, subtype, length (2 bytes, itself included). A file's name is in nodes 4, 4, as UTF-16.
    private static string FilePath(ReadOnlySpan<byte> path)
    {
        var text = "";
        while (text.Length <= MaxText && path.Length >= 4 && BinaryPrimitives.ReadUInt16LittleEndian(path[2..]) is var length && length >= 4
            && length <= path.Length)
        {
            if (path[0] == 4 && path[1] == 4 && length % 2 == 0)
            {
                text += Printable(MemoryMarshal.Cast<byte, char>(path[4..length]));
            }

            path = path[length..];
        }

        return text.Length > MaxText ? text[..MaxText] : text;
    }

    private static string TagText(ReadOnlySpan<byte> data)
    {
        if (data.Length < 8)
        {
            return "";
        }

        var name = BinaryPrimitives.ReadUInt32LittleEndian(data) switch
        {
            InitrdTag => "initial RAM disk",
            LoadOptionsTag => "kernel command line",
            _ => "",
        };
        return name.Length > 0 ? name : TextOf(data[8..]);
    }

    // UTF-16 when every other byte of a Latin text is zero, UTF-8 otherwise.
    private static string TextOf(ReadOnlySpan<byte> data) =>
        data.Length >= 4 && data.Length % 2 == 0 && data[0] != 0 && data[1] == 0 && data[2] != 0 && data[3] == 0
            ? Printable(MemoryMarshal.Cast<byte, char>(data))
            : Printable(data);

    private static string Printable(ReadOnlySpan<byte> utf8) =>
        Printable(Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, 4 * MaxText)]).AsSpan());

    private static string Printable(ReadOnlySpan<char> text)
    {
        text = text.TrimEnd('\0');
        var output = new StringBuilder(Math.Min(text.Length, MaxText) + 3);
        foreach (var c in text[..Math.Min(text.Length, MaxText)])
        {
            // Letters of any script would do, but ones that change direction or join would let a log read otherwise than it is.
            output.Append(char.IsAscii(c) && !char.IsControl(c) ? c : '?');
        }

        return text.Length > MaxText ? output.Append("...").ToString() : output.ToString();
    }
}
