using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;

namespace Casemate.Primitives.Json;

/// <summary>
/// Parses JSON from outside so that nothing in the result can surprise later: one value, no duplicate members, bounded depth, every
/// string valid Unicode. Source: RFC 8259 as narrowed by I-JSON (RFC 7493).
/// </summary>
/// <remarks>
/// The base library finds invalid UTF-8 and lone surrogates only when a string is asked for, and then throws
/// <see cref="InvalidOperationException"/>; with duplicate members forbidden even its parser throws that. Here both are found at
/// once and told like any other error, so that <see cref="JsonElement.GetString"/> on the result never throws.
/// </remarks>
public static class StrictJson
{
    /// <summary>The depth that is accepted unless the caller asks for less or more.</summary>
    public const int DefaultMaxDepth = 32;

    /// <summary>Parses one JSON value.</summary>
    /// <param name="utf8Json">The text; the result refers to it, so it must not change while the result is in use.</param>
    /// <param name="document">The value, to be disposed; or null.</param>
    /// <param name="error">What is wrong and where, without a part of the input; null after success.</param>
    /// <param name="maxDepth">The deepest nesting of arrays and objects that is accepted.</param>
    public static bool TryParse(
        ReadOnlyMemory<byte> utf8Json, [NotNullWhen(true)] out JsonDocument? document, [NotNullWhen(false)] out string? error,
        int maxDepth = DefaultMaxDepth)
    {
        document = null;
        error = CheckStrings(utf8Json.Span, maxDepth);
        if (error is not null)
        {
            return false;
        }

        try
        {
            document = JsonDocument.Parse(utf8Json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = maxDepth });
            return true;
        }
        catch (JsonException e)
        {
            // A text that is no JSON has a place; a duplicate member has none.
            error = e.LineNumber is null ? "an object has the same member twice" : Where(e);
            return false;
        }
    }

    private static string? CheckStrings(ReadOnlySpan<byte> utf8Json, int maxDepth)
    {
        if (!Utf8.IsValid(utf8Json))
        {
            return "the text is not valid UTF-8";
        }

        // In valid UTF-8 half of a pair can only be written as an escape. Every other mistake the parser finds by itself.
        if (utf8Json.IndexOf("\\u"u8) < 0)
        {
            return null;
        }

        var reader = new Utf8JsonReader(utf8Json, new JsonReaderOptions { MaxDepth = maxDepth });
        byte[]? rented = null;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is (JsonTokenType.String or JsonTokenType.PropertyName) && reader.ValueIsEscaped)
                {
                    // For the longest string so far and not for the text: the pool keeps what it gets back, and a list can be megabytes.
                    if (rented is null || rented.Length < reader.ValueSpan.Length)
                    {
                        Return(rented);
                        rented = null;
                        rented = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
                    }

                    reader.CopyString(rented);
                }
            }

            return null;
        }
        catch (JsonException e)
        {
            return Where(e);
        }
        catch (InvalidOperationException)
        {
            return $"a string before byte {reader.BytesConsumed} holds half of a surrogate pair";
        }
        finally
        {
            Return(rented);
        }
    }

    private static void Return(byte[]? rented)
    {
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        }
    }

    // The reader's own message repeats bytes of the input, which may be secret or hostile; the place is enough.
    private static string Where(JsonException e) =>
        $"the text is not JSON, or is nested too deep (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})";
}
