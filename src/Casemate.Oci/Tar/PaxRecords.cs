using System.Globalization;
using System.Text;

namespace Casemate.Oci.Tar;

/// <summary>The records of a pax extended header: <c>length key=value\n</c>. Source: POSIX.1-2017, pax, "pax Extended Header".</summary>
internal static class PaxRecords
{
    private const int MaxRecords = 1024;

    /// <summary>Reads records.</summary>
    /// <param name="bytes">The content of the extended header, its size bounded by the caller.</param>
    /// <param name="records">The values by key, as bytes.</param>
    /// <returns>What is wrong; null after success.</returns>
    public static string? TryRead(ReadOnlyMemory<byte> bytes, out Dictionary<string, ReadOnlyMemory<byte>> records)
    {
        records = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        while (!bytes.IsEmpty)
        {
            var space = bytes.Span[..Math.Min(bytes.Length, 10)].IndexOf((byte)' ');
            if (space <= 0 || !int.TryParse(bytes.Span[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length <= space + 1 || length > bytes.Length || bytes.Span[length - 1] != '\n')
            {
                return "a pax record has a wrong length";
            }

            var record = bytes[(space + 1)..(length - 1)];
            var equals = record.Span.IndexOf((byte)'=');
            if (equals <= 0)
            {
                return "a pax record has no name";
            }

            if (!TryText(record.Span[..equals], out var key) || key.Contains('\0'))
            {
                return "the name of a pax record is not UTF-8";
            }

            if (records.Count == MaxRecords)
            {
                return $"a pax header has more than {MaxRecords} records";
            }

            if (!records.TryAdd(key, record[(equals + 1)..]))
            {
                return $"the pax record '{Quoted.Of(key)}' appears twice";
            }

            bytes = bytes[length..];
        }

        return null;
    }

    /// <summary>Writes records, in the order of their keys' bytes.</summary>
    public static byte[] Write(SortedDictionary<string, ReadOnlyMemory<byte>> records)
    {
        using var output = new MemoryStream();
        foreach (var (key, value) in records)
        {
            var keyBytes = Encoding.UTF8.GetBytes(key);
            var rest = keyBytes.Length + value.Length + 3;                 // space, equals sign, line feed

            // The length counts its own digits.
            var length = rest + 1;
            while (length != rest + Digits(length))
            {
                length = rest + Digits(length);
            }

            output.Write(Encoding.ASCII.GetBytes(length.ToString(CultureInfo.InvariantCulture)));
            output.WriteByte((byte)' ');
            output.Write(keyBytes);
            output.WriteByte((byte)'=');
            output.Write(value.Span);
            output.WriteByte((byte)'\n');
        }

        return output.ToArray();
    }

    /// <summary>Reads UTF-8, without replacing what is none.</summary>
    public static bool TryText(ReadOnlySpan<byte> bytes, out string text)
    {
        var valid = System.Text.Unicode.Utf8.IsValid(bytes);
        text = valid ? Encoding.UTF8.GetString(bytes) : "";
        return valid;
    }

    private static int Digits(int number) => number.ToString(CultureInfo.InvariantCulture).Length;
}
