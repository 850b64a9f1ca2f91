using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Casemate.Rego;

/// <summary>
/// Reads JSON text into values in one pass, as strictly as <see cref="Primitives.Json.StrictJson"/>: one value, valid Unicode, no member
/// twice, bounded depth. A document of its own would be built only to be copied.
/// </summary>
internal sealed class JsonDocumentReader
{
    // Names of members repeat: those met before are used again.
    private readonly RegoString?[] _names = new RegoString?[128];

    // Values of open collections; each level takes its own from the top.
    private readonly List<RegoValue> _open = [];

    public bool TryRead(ReadOnlySpan<byte> utf8Json, [NotNullWhen(true)] out RegoValue? value, [NotNullWhen(false)] out string? error)
    {
        value = null;
        if (!Utf8.IsValid(utf8Json))
        {
            error = "the text is not valid UTF-8";
            return false;
        }

        var reader = new Utf8JsonReader(utf8Json, new JsonReaderOptions { MaxDepth = RegoValue.MaximumDepth });
        try
        {
            reader.Read();
            value = Value(ref reader, out error);
            if (value is not null && reader.Read())
            {
                value = null;
            }

            return value is not null;
        }
        catch (JsonException e)
        {
            error = $"line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}: not JSON as RFC 8259 has it, or nested deeper than {RegoValue.MaximumDepth} levels";
            value = null;
            return false;
        }
        catch (InvalidOperationException)
        {
            error = $"a string before byte {reader.BytesConsumed} holds half of a surrogate pair";
            value = null;
            return false;
        }
    }

    private RegoValue? Value(ref Utf8JsonReader reader, out string? error)
    {
        error = null;
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return RegoString.Create(reader.GetString()!);
            case JsonTokenType.Number:
                return Number(ref reader, out error);
            case JsonTokenType.True:
                return RegoValue.True;
            case JsonTokenType.False:
                return RegoValue.False;
            case JsonTokenType.StartArray:
                return Items(ref reader, out error);
            case JsonTokenType.StartObject:
                return Members(ref reader, out error);
            default:
                return RegoValue.Null;
        }
    }

    private static RegoNumber? Number(ref Utf8JsonReader reader, out string? error)
    {
        error = null;
        if (reader.TryGetInt64(out var small))
        {
            return RegoNumber.Create(small);
        }

        if (NumberText.TryParse(Encoding.ASCII.GetString(reader.ValueSpan), out var number))
        {
            return number;
        }

        error = string.Create(CultureInfo.InvariantCulture,
            $"the number before byte {reader.BytesConsumed} has more digits, or a larger exponent, than is accepted");
        return null;
    }

    private RegoArray? Items(ref Utf8JsonReader reader, out string? error)
    {
        var start = _open.Count;
        error = null;
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
        {
            if (Value(ref reader, out error) is not { } item)
            {
                return null;
            }

            _open.Add(item);
        }

        return RegoArray.Own(Take(start, 0, 1));
    }

    private RegoObject? Members(ref Utf8JsonReader reader, out string? error)
    {
        var start = _open.Count;
        error = null;
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var name = Name(ref reader);
            reader.Read();
            if (Value(ref reader, out error) is not { } value)
            {
                return null;
            }

            _open.Add(name);
            _open.Add(value);
        }

        var values = Take(start, 1, 2, keep: true);
        var keys = Take(start, 0, 2);
        var members = RegoObject.OwnDistinct(keys, values);
        for (var i = 1; i < keys.Length; i++)
        {
            if (keys[i].Equals(keys[i - 1]))
            {
                error = $"an object before byte {reader.BytesConsumed} has the same member twice";
                return null;
            }
        }

        return members;
    }

    private RegoValue[] Take(int start, int first, int step, bool keep = false)
    {
        var count = (_open.Count - start) / step;
        if (count == 0)
        {
            return [];
        }

        var taken = new RegoValue[count];
        for (var i = 0; i < count; i++)
        {
            taken[i] = _open[start + first + (i * step)];
        }

        if (!keep)
        {
            _open.RemoveRange(start, _open.Count - start);
        }

        return taken;
    }

    private RegoString Name(ref Utf8JsonReader reader)
    {
        var bytes = reader.ValueSpan;
        if (bytes.IsEmpty || reader.ValueIsEscaped || bytes.Length > 64)
        {
            return RegoString.Create(reader.GetString()!);
        }

        ref var known = ref _names[((bytes.Length * 31) + (bytes[0] * 7) + (bytes[bytes.Length / 2] * 3)
            + bytes[^1]) & (_names.Length - 1)];
        if (known is null || !reader.ValueTextEquals(known.Value))
        {
            known = RegoString.Create(reader.GetString()!);
        }

        return known;
    }
}
