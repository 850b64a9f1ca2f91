using System.Globalization;
using System.Text.Json;

namespace Casemate.Oci.Signatures;

/// <summary>
/// Reads members of JSON objects from outside and remembers the first that is not what it should be, so that a parser asks
/// <see cref="Problem"/> once at its end. Every getter returns a harmless value after a problem; none throws.
/// </summary>
/// <param name="what">What is read, as messages name it.</param>
internal sealed class JsonFields(string what)
{
    /// <summary>The longest text that is taken where no other limit is given.</summary>
    public const int MaxTextChars = 4_096;

    private static readonly JsonElement s_none = JsonDocument.Parse("{}").RootElement.Clone();

    /// <summary>What is wrong and where; null as long as nothing is.</summary>
    public string? Problem { get; private set; }

    /// <summary>Records a problem unless there is one already.</summary>
    public void Fail(string problem) => Problem ??= problem;

    /// <summary>True when the member is there and not null, which protobuf's JSON takes for absent.</summary>
    public static bool Has(JsonElement parent, string name) =>
        parent.ValueKind is JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null;

    /// <summary>An object that must be there.</summary>
    public JsonElement Object(JsonElement parent, string name) => Of(parent, name, JsonValueKind.Object, "an object");

    /// <summary>An object, or an empty one where it is missing.</summary>
    public JsonElement OptionalObject(JsonElement parent, string name) => Has(parent, name) ? Object(parent, name) : s_none;

    /// <summary>The items of an array of objects; none where it is missing.</summary>
    public IEnumerable<JsonElement> Objects(JsonElement parent, string name, int maximum)
    {
        if (!Has(parent, name))
        {
            return [];
        }

        var array = Of(parent, name, JsonValueKind.Array, "an array");
        if (array.ValueKind is not JsonValueKind.Array)
        {
            return [];
        }

        if (array.GetArrayLength() > maximum)
        {
            Fail($"{what}: '{name}' has more than {maximum} items");
            return [];
        }

        if (array.EnumerateArray().Any(item => item.ValueKind is not JsonValueKind.Object))
        {
            Fail($"{what}: '{name}' holds something that is not an object");
            return [];
        }

        return array.EnumerateArray();
    }

    /// <summary>The items of an array of base64 texts; none where it is missing.</summary>
    public List<byte[]> BytesList(JsonElement parent, string name, int maximum, int maxBytes)
    {
        var list = new List<byte[]>();
        if (!Has(parent, name))
        {
            return list;
        }

        var array = Of(parent, name, JsonValueKind.Array, "an array");
        if (array.ValueKind is not JsonValueKind.Array || array.GetArrayLength() > maximum)
        {
            Fail($"{what}: '{name}' has more than {maximum} items");
            return list;
        }

        foreach (var item in array.EnumerateArray())
        {
            list.Add(Decode(item, name, maxBytes));
        }

        return list;
    }

    /// <summary>A text that must be there.</summary>
    public string Text(JsonElement parent, string name, int maxChars = MaxTextChars)
    {
        var text = Of(parent, name, JsonValueKind.String, "a text") is { ValueKind: JsonValueKind.String } value ? value.GetString()! : "";
        if (text.Length > maxChars)
        {
            Fail($"{what}: '{name}' is longer than {maxChars} characters");
            return "";
        }

        return text;
    }

    /// <summary>A text, or null where it is missing.</summary>
    public string? OptionalText(JsonElement parent, string name, int maxChars = MaxTextChars) =>
        Has(parent, name) ? Text(parent, name, maxChars) : null;

    /// <summary>Bytes in base64 that must be there and not be empty.</summary>
    public byte[] Bytes(JsonElement parent, string name, int maxBytes)
    {
        if (!Has(parent, name))
        {
            Fail($"{what}: '{name}' is missing");
            return [];
        }

        var bytes = Decode(parent.GetProperty(name), name, maxBytes);
        if (bytes.Length == 0)
        {
            Fail($"{what}: '{name}' is empty");
        }

        return bytes;
    }

    /// <summary>A number that is not negative, also as a text, which is how protobuf writes 64 bits; 0 where it is missing.</summary>
    public long OptionalInteger(JsonElement parent, string name) => Has(parent, name) ? Integer(parent, name) : 0;

    /// <summary>A number that is not negative and must be there.</summary>
    public long Integer(JsonElement parent, string name)
    {
        if (Has(parent, name))
        {
            var value = parent.GetProperty(name);
            if (value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0)
            {
                return number;
            }

            if (value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 and < 20 } text
                && (text == "0" || text[0] != '0') && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
            {
                return number;
            }
        }

        Fail($"{what}: '{name}' is not a number from 0 to {long.MaxValue}");
        return 0;
    }

    /// <summary>An instant as RFC 3339 writes it, or null where it is missing.</summary>
    public DateTimeOffset? OptionalTime(JsonElement parent, string name)
    {
        if (!Has(parent, name))
        {
            return null;
        }

        var text = Text(parent, name, 64);
        if (text.Length >= 20 && text[10] == 'T' && DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
        {
            return time;
        }

        Fail($"{what}: '{name}' is not a time such as 2026-01-31T12:00:00Z");
        return null;
    }

    private byte[] Decode(JsonElement value, string name, int maxBytes)
    {
        if (value.ValueKind is JsonValueKind.String && Base64.TryDecode(value.GetString()!, maxBytes, out var bytes))
        {
            return bytes;
        }

        Fail($"{what}: '{name}' is not base64 of at most {maxBytes} bytes");
        return [];
    }

    private JsonElement Of(JsonElement parent, string name, JsonValueKind kind, string article)
    {
        if (Has(parent, name) && parent.GetProperty(name) is var value && value.ValueKind == kind)
        {
            return value;
        }

        Fail(Has(parent, name) ? $"{what}: '{name}' is not {article}" : $"{what}: '{name}' is missing");
        return s_none;
    }
}
