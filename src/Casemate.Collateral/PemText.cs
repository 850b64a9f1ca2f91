using System.Security.Cryptography;
using System.Text;

namespace Casemate.Collateral;

/// <summary>Splits PEM text into its blocks. Strict: every BEGIN must start a complete, decodable block.</summary>
internal static class PemText
{
    private const string Begin = "-----BEGIN ";

    /// <summary>Whether the bytes are PEM text, plain or URL-encoded as PCS sends it in headers.</summary>
    /// <remarks>Text has no NUL but at its end; quotes are binary and carry PEM inside.</remarks>
    public static bool IsPem(ReadOnlySpan<byte> content) =>
        content.IndexOf("-----BEGIN"u8) >= 0 && content.TrimEnd((byte)0).IndexOf((byte)0) < 0;

    /// <summary>All blocks, in order.</summary>
    /// <exception cref="MalformedInputException">A block is cut off, is not base64, or there is none.</exception>
    public static List<(string Label, byte[] Der)> Read(ReadOnlySpan<byte> content, string location)
    {
        var text = Encoding.Latin1.GetString(content);
        if (text.Contains("-----BEGIN%20", StringComparison.Ordinal))
        {
            // Issuer chains arrive in response headers, URL-encoded; people paste them as they are. Intel PCS API v4.
            text = Uri.UnescapeDataString(text);
        }

        var blocks = new List<(string, byte[])>();
        var position = 0;
        while (text.IndexOf(Begin, position, StringComparison.Ordinal) is var start and >= 0)
        {
            // PemEncoding skips what it cannot decode and would find a later block: a damaged one must not vanish like that. It is
            // shown this block alone, because it looks for the end of every BEGIN anew: many of them without an END take minutes.
            var block = text.AsSpan(start, LengthOfBlock(text.AsSpan(start)));
            if (!PemEncoding.TryFind(block, out var fields) || fields.Location.Start.GetOffset(block.Length) != 0)
            {
                throw new MalformedInputException(
                    location, $"the PEM block at offset {start} is cut off or damaged",
                    "Fetch the file again; PEM text has a BEGIN and an END line and base64 between them.");
            }

            var der = new byte[fields.DecodedDataLength];
            if (!Convert.TryFromBase64Chars(block[fields.Base64Data], der, out var count) || count != der.Length)
            {
                throw new MalformedInputException(location, $"the PEM block at offset {start} is not base64");
            }

            blocks.Add((block[fields.Label].ToString(), der));
            position = start + fields.Location.End.GetOffset(block.Length);
        }

        return blocks.Count > 0 ? blocks : throw new MalformedInputException(location, "holds no PEM block");
    }

    // Up to two characters after the first END line, which decide whether that is one (the base library takes no notice of the very
    // last character of a text); nothing when another block begins before it.
    private static int LengthOfBlock(ReadOnlySpan<char> text)
    {
        const string end = "-----END ";
        var at = text.IndexOf(end);
        var dashes = at < 0 ? -1 : text[(at + end.Length)..].IndexOf("-----");
        return dashes < 0 || text[Begin.Length..at].Contains(Begin, StringComparison.Ordinal)
            ? 0
            : Math.Min(text.Length, at + end.Length + dashes + "-----".Length + 2);
    }

    /// <summary>One block of PEM text from DER; PEM text is passed on as it is.</summary>
    public static string Write(string label, ReadOnlyMemory<byte> derOrPem) => IsPem(derOrPem.Span)
        ? Encoding.Latin1.GetString(derOrPem.Span)
        : PemEncoding.WriteString(label, derOrPem.Span) + "\n";

    /// <summary>Writes certificates as PEM text, in order.</summary>
    public static byte[] WriteCertificates(IEnumerable<ReadOnlyMemory<byte>> ders)
    {
        var text = new StringBuilder();
        foreach (var der in ders)
        {
            text.Append(Write("CERTIFICATE", der));
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
