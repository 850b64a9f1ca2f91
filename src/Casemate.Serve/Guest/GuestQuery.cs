using System.Diagnostics.CodeAnalysis;
using System.Text;
using Casemate.Primitives.Text;

namespace Casemate.Serve.Guest;

/// <summary>
/// The query of a guest API request: <c>application/x-www-form-urlencoded</c> pairs, each name at most once. Decoded to bytes,
/// because <c>runtime_data</c> is bytes to its reader; what is decoded must be UTF-8, as in the stock implementation.
/// </summary>
internal sealed class GuestQuery
{
    private const int MaximumLength = 8192;
    private const int MaximumPairs = 16;
    private readonly Dictionary<string, string> _values;

    private GuestQuery(Dictionary<string, string> values) => _values = values;

    /// <summary>The value of a name; null when the query does not have it.</summary>
    public string? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>Reads a query.</summary>
    /// <param name="text">The query as received, with or without its question mark.</param>
    /// <param name="query">The pairs.</param>
    /// <param name="error">What is wrong; null when the result is true.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out GuestQuery? query, [NotNullWhen(false)] out string? error)
    {
        query = null;
        if (text.Length > MaximumLength)
        {
            error = $"the query is longer than {MaximumLength} characters";
            return false;
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var range in text.AsSpan().TrimStart('?').Split('&'))
        {
            var pair = text.AsSpan().TrimStart('?')[range];
            if (pair.IsEmpty)
            {
                continue;
            }

            var equals = pair.IndexOf('=');
            if (!TryDecode(equals < 0 ? pair : pair[..equals], out var name)
                || !TryDecode(equals < 0 ? [] : pair[(equals + 1)..], out var value))
            {
                error = "the query is not percent-encoded UTF-8; send binary runtime_data with encoding=base64";
                return false;
            }

            if (values.Count == MaximumPairs || !values.TryAdd(name, value))
            {
                error = values.Count == MaximumPairs ? $"the query has more than {MaximumPairs} pairs" : $"the query names '{name}' twice";
                return false;
            }
        }

        query = new GuestQuery(values);
        error = null;
        return true;
    }

    /// <summary>Reads <c>runtime_data</c> (and <c>encoding</c>) as the bytes that are to be bound into evidence.</summary>
    /// <param name="reportData">64 bytes: the data, then zeros.</param>
    /// <param name="error">What is wrong; null when the result is true.</param>
    public bool TryReadReportData([NotNullWhen(true)] out byte[]? reportData, [NotNullWhen(false)] out string? error)
    {
        const int size = 64;
        reportData = null;
        if (this["runtime_data"] is not { } text)
        {
            error = "runtime_data is missing";
            return false;
        }

        byte[]? data;
        switch (this["encoding"])
        {
            case null:
                data = Encoding.UTF8.GetBytes(text);
                break;
            case "base64" when Base64UrlText.TryDecode(text, out data):
                break;
            case "base64":
                error = "runtime_data is not URL-safe base64 without padding";
                return false;
            default:
                error = "encoding is unknown: leave it out, or write encoding=base64";
                return false;
        }

        if (data.Length > size)
        {
            error = $"runtime_data has {data.Length} bytes, evidence holds {size}: send a digest of it";
            return false;
        }

        reportData = new byte[size];
        data.CopyTo(reportData, 0);
        error = null;
        return true;
    }

    private static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out string? decoded)
    {
        decoded = null;
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '%' when i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]):
                    bytes[length++] = Convert.FromHexString(text.Slice(i + 1, 2))[0];
                    i += 2;
                    break;
                case '%':
                    return false;
                case '+':
                    bytes[length++] = (byte)' ';
                    break;
                case > '\u007f':
                    return false;
                case var plain:
                    bytes[length++] = (byte)plain;
                    break;
            }
        }

        try
        {
            decoded = StrictUtf8.GetString(bytes.AsSpan(0, length));
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
