using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Casemate.Primitives.Json;
using Casemate.Primitives.Text;

namespace Casemate.Attestation;

/// <summary>
/// Reads JSON that wraps evidence, so that nothing in it can surprise: no duplicate members, bounded depth and lengths, one text for each
/// byte string. None of these throws for bad input.
/// </summary>
internal static class EvidenceJson
{
    private const int MaxDepth = 16;

    /// <summary>Parses one JSON value.</summary>
    /// <param name="json">The text; the result refers to it.</param>
    /// <param name="document">The value, to be disposed; or null.</param>
    /// <param name="error">What is wrong and where; null after success.</param>
    public static bool TryParse(
        ReadOnlyMemory<byte> json, [NotNullWhen(true)] out JsonDocument? document, [NotNullWhen(false)] out string? error) =>
        StrictJson.TryParse(json, out document, out error, MaxDepth);

    /// <summary>Reads a string of at most <paramref name="maximum"/> characters.</summary>
    public static bool TryGetText(JsonElement element, int maximum, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (element.ValueKind is not JsonValueKind.String)
        {
            return false;
        }

        try
        {
            text = element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return false;                                                   // invalid UTF-8 or a lone surrogate
        }

        return text.Length <= maximum;
    }

    /// <summary>Reads hex, any case, of at most <paramref name="maximum"/> bytes.</summary>
    public static bool TryGetHex(JsonElement element, int maximum, out byte[] bytes)
    {
        bytes = [];
        if (!TryGetText(element, maximum * 2, out var text) || text.Length % 2 != 0)
        {
            return false;
        }

        var decoded = new byte[text.Length / 2];
        if (Convert.FromHexString(text, decoded, out _, out _) is not System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        bytes = decoded;
        return true;
    }

    /// <summary>Reads URL-safe base64, padded or not, of at most <paramref name="maximum"/> bytes.</summary>
    public static bool TryGetBase64Url(JsonElement element, int maximum, out byte[] bytes)
    {
        bytes = [];
        if (!TryGetText(element, (maximum + 2) / 3 * 4, out var text))
        {
            return false;
        }

        var digits = text.AsSpan().TrimEnd('=');
        if (text.Length != digits.Length && (text.Length % 4 != 0 || text.Length - digits.Length > 2))
        {
            return false;
        }

        if (!Base64UrlText.TryDecode(digits, out var decoded) || decoded.Length > maximum)
        {
            return false;
        }

        bytes = decoded;
        return true;
    }
}
