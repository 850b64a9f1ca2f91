using System.Text;

namespace Casemate.Collateral.Upstream;

/// <summary>What a service says in the body of a refusal, fit for a message.</summary>
internal static class RefusalText
{
    // As long as the shortest id of a machine in hex.
    private const int LongestDigits = 15;

    /// <summary>A short text; empty where the body is a page, binary or absent.</summary>
    /// <param name="body">The body; null when it could not be read.</param>
    public static string From(ReadOnlySpan<byte> body)
    {
        var text = body.Trim(" \t\r\n"u8);
        return text.IsEmpty || text.StartsWith("<"u8) || text.ContainsAnyInRange((byte)0, (byte)8)
            ? ""
            : UpstreamHttp.Clean(WithoutLongDigits(Encoding.UTF8.GetString(text))).TrimEnd('.');
    }

    private static string WithoutLongDigits(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var start = 0; start < text.Length;)
        {
            var end = start;
            while (end < text.Length && char.IsAsciiHexDigit(text[end]))
            {
                end++;
            }

            if (end == start)
            {
                result.Append(text[start++]);
                continue;
            }

            result.Append(end - start > LongestDigits ? "..." : text.AsSpan(start, end - start));
            start = end;
        }

        return result.ToString();
    }
}
