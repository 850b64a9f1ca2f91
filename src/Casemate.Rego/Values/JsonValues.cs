using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Casemate.Rego;

/// <summary>JSON to values and back.</summary>
internal static class JsonValues
{
    public static readonly JsonWriterOptions WriterOptions =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true, MaxDepth = 1000 };

    public static bool TryRead(
        ReadOnlyMemory<byte> utf8Json, [NotNullWhen(true)] out RegoValue? value, [NotNullWhen(false)] out string? error) =>
        new JsonDocumentReader().TryRead(utf8Json.Span, out value, out error);

    public static RegoValue From(JsonElement element) =>
        TryFrom(element, out var error) ?? throw new ArgumentException(error, nameof(element));

    private static RegoValue? TryFrom(JsonElement element, out string? error)
    {
        error = null;
        switch (element.ValueKind)
        {
            case JsonValueKind.Null:
                return RegoValue.Null;
            case JsonValueKind.True:
                return RegoValue.True;
            case JsonValueKind.False:
                return RegoValue.False;
            case JsonValueKind.String:
                return RegoString.Create(element.GetString()!);
            case JsonValueKind.Number:
                if (element.TryGetInt64(out var small))
                {
                    return RegoNumber.Create(small);
                }

                if (NumberText.TryParse(element.GetRawText(), out var number))
                {
                    return number;
                }

                error = "a number has more digits, or a larger exponent, than is accepted";
                return null;
            case JsonValueKind.Array:
                return Items(element, ref error);
            case JsonValueKind.Object:
                return Members(element, ref error);
            default:
                error = "the value is undefined";
                return null;
        }
    }

    private static RegoArray? Items(JsonElement element, ref string? error)
    {
        var items = new RegoValue[element.GetArrayLength()];
        var i = 0;
        foreach (var item in element.EnumerateArray())
        {
            if (TryFrom(item, out error) is not { } value)
            {
                return null;
            }

            items[i++] = value;
        }

        return RegoArray.Own(items);
    }

    private static RegoObject? Members(JsonElement element, ref string? error)
    {
        var count = element.GetPropertyCount();
        var (keys, values) = (new RegoValue[count], new RegoValue[count]);
        var i = 0;
        foreach (var member in element.EnumerateObject())
        {
            if (TryFrom(member.Value, out error) is not { } value)
            {
                return null;
            }

            (keys[i], values[i]) = (RegoString.Create(member.Name), value);
            i++;
        }

        return RegoObject.OwnDistinct(keys, values);
    }

    public static void Write(Utf8JsonWriter writer, RegoValue value)
    {
        switch (value)
        {
            case RegoBoolean boolean:
                writer.WriteBooleanValue(boolean.Value);
                break;
            case RegoNumber number:
                writer.WriteRawValue(number.ToText(), skipInputValidation: true);
                break;
            case RegoString text:
                writer.WriteStringValue(text.Value);
                break;
            case RegoArray array:
                WriteItems(writer, array.Items);
                break;
            case RegoSet set:
                WriteItems(writer, set.Items);
                break;
            case RegoObject members:
                writer.WriteStartObject();
                for (var i = 0; i < members.Count; i++)
                {
                    writer.WritePropertyName(KeyText(members.Keys[i]));
                    Write(writer, members.Values[i]);
                }

                writer.WriteEndObject();
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    public static string KeyText(RegoValue key) => key switch
    {
        RegoString text => text.Value,
        RegoNumber number => number.ToText(),
        _ => key.ToJson(),
    };

    private static void WriteItems(Utf8JsonWriter writer, ReadOnlySpan<RegoValue> items)
    {
        writer.WriteStartArray();
        foreach (var item in items)
        {
            Write(writer, item);
        }

        writer.WriteEndArray();
    }

    /// <summary>JSON text with the given indentation, as <c>json.marshal_with_options</c> wants it.</summary>
    public static string Indented(RegoValue value, string prefix, string indent)
    {
        var text = new System.Text.StringBuilder(prefix);
        AppendIndented(text, value, prefix, indent, 0);
        return text.ToString();
    }

    private static void AppendIndented(System.Text.StringBuilder text, RegoValue value, string prefix, string indent, int depth)
    {
        var items = value is RegoArray array ? array.Items : value is RegoSet set ? set.Items : [];
        var members = value as RegoObject;
        if (items.IsEmpty && (members is null || members.Count == 0))
        {
            text.Append(value.ToJson());
            return;
        }

        text.Append(members is null ? '[' : '{');
        var count = members?.Count ?? items.Length;
        for (var i = 0; i < count; i++)
        {
            NewLine(text, prefix, indent, depth + 1);
            if (members is not null)
            {
                text.Append(RegoString.Create(KeyText(members.Keys[i])).ToJson()).Append(": ");
            }

            AppendIndented(text, members is null ? items[i] : members.Values[i], prefix, indent, depth + 1);
            text.Append(i + 1 < count ? "," : "");
        }

        NewLine(text, prefix, indent, depth);
        text.Append(members is null ? ']' : '}');
    }

    private static void NewLine(System.Text.StringBuilder text, string prefix, string indent, int depth)
    {
        text.Append('\n').Append(prefix);
        for (var i = 0; i < depth; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{indent}");
        }
    }
}
