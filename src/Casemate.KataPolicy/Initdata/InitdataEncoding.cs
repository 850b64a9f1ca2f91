using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Text;

namespace Casemate.KataPolicy.Initdata;

/// <summary>The forms in which initdata travels: as an annotation, and on the block device that the guest finds.</summary>
public static class InitdataEncoding
{
    private const int SectorBytes = 512;
    private const int FlagsOffset = 8;
    private const byte UnknownSystem = 255;

    private static readonly SearchValues<char> s_base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

    private static ReadOnlySpan<byte> Magic => "initdata"u8;

    /// <summary>The annotation's value: base64 of the gzip of the document. The same document always gives the same text.</summary>
    /// <param name="document">The document.</param>
    public static string ToAnnotation(InitdataDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return Convert.ToBase64String(Compress(document.Text));
    }

    /// <summary>The document behind an annotation's value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="document">The document's bytes, exactly; null when it cannot be decoded.</param>
    /// <param name="error">What is wrong; null after success.</param>
    public static bool TryFromAnnotation(
        string value, [NotNullWhen(true)] out byte[]? document, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(value);
        document = null;
        error = FaultOf(value);
        if (error is not null)
        {
            return false;
        }

        return TryDecompress(Convert.FromBase64String(value), out document, out error);
    }

    /// <summary>What the host writes onto the block device: a magic word, the length, the gzip, zeros up to a sector's end.</summary>
    /// <param name="document">The document.</param>
    public static byte[] ToBlockDevice(InitdataDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var gzip = Compress(document.Text);
        var used = Magic.Length + sizeof(ulong) + gzip.Length;
        var device = new byte[(used + SectorBytes - 1) / SectorBytes * SectorBytes];
        Magic.CopyTo(device);
        BinaryPrimitives.WriteUInt64LittleEndian(device.AsSpan(Magic.Length), (ulong)gzip.Length);
        gzip.CopyTo(device, Magic.Length + sizeof(ulong));
        return device;
    }

    /// <summary>Whether bytes begin as an initdata block device does.</summary>
    /// <param name="content">The bytes.</param>
    public static bool IsBlockDevice(ReadOnlySpan<byte> content) => content.StartsWith(Magic);

    /// <summary>The document on a block device.</summary>
    /// <param name="content">The device's bytes, or its beginning.</param>
    /// <param name="document">The document's bytes, exactly; null when there is none.</param>
    /// <param name="error">What is wrong; null after success.</param>
    public static bool TryFromBlockDevice(
        ReadOnlySpan<byte> content, [NotNullWhen(true)] out byte[]? document, [NotNullWhen(false)] out string? error)
    {
        document = null;
        var head = Magic.Length + sizeof(ulong);
        if (!IsBlockDevice(content) || content.Length < head)
        {
            error = "the device does not begin with 'initdata' and a length";
            return false;
        }

        var length = BinaryPrimitives.ReadUInt64LittleEndian(content[Magic.Length..]);
        if (length > (ulong)(content.Length - head))
        {
            error = $"the device states {length} bytes, but only {content.Length - head} follow";
            return false;
        }

        return TryDecompress(content.Slice(head, (int)length).ToArray(), out document, out error);
    }

    private static byte[] Compress(string text)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, new ZLibCompressionOptions { CompressionLevel = 9 }, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        // RFC 1952: the time is zero already; flags of the compressor and the operating system it was built for say nothing.
        var bytes = buffer.ToArray();
        (bytes[FlagsOffset], bytes[FlagsOffset + 1]) = (0, UnknownSystem);
        return bytes;
    }

    // Readers differ on white space: some pass over it, some refuse it.
    private static string? FaultOf(string value) =>
        value.Length > InitdataDocument.MaxBytes ? $"it has more than {InitdataDocument.MaxBytes >> 20} MiB"
        : value.AsSpan().ContainsAny(" \t\r\n") ? "white space stands in the base64; it is written in one piece"
        : IsCutBase64(value) ? $"the base64 is cut off: {value.Length} characters are no multiple of 4"
        : !System.Buffers.Text.Base64.IsValid(value) ? "it is not base64"
        : null;

    /// <summary>Whether a text is base64 up to its end, where characters of the last group of four are missing.</summary>
    internal static bool IsCutBase64(ReadOnlySpan<char> text)
    {
        var letters = text.TrimEnd('=');
        return text.Length % 4 != 0 && text.Length - letters.Length <= 2 && !letters.ContainsAnyExcept(s_base64);
    }

    private static bool TryDecompress(byte[] gzip, [NotNullWhen(true)] out byte[]? document, [NotNullWhen(false)] out string? error)
    {
        if (!GzipMember.TryRead(gzip, InitdataDocument.MaxBytes, out document, out error))
        {
            return false;
        }

        error = document.Length == 0 ? "it is empty" : null;
        return error is null;
    }
}
