using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Casemate.Oci.Documents;

/// <summary>
/// How documents are written: no white space, members in the specification's order, maps sorted by their keys' UTF-16 code units,
/// only what JSON asks for escaped. The same document gives the same bytes on every machine.
/// </summary>
internal static class DocumentWriter
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes an object and returns its bytes.</summary>
    public static byte[] Object(Action<Utf8JsonWriter> members) => Value(json =>
    {
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    });

    /// <summary>Writes a value and returns its bytes.</summary>
    public static byte[] Value(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(output, s_options))
        {
            write(json);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Writes a text, unless it is null or empty.</summary>
    public static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            json.WriteString(name, value);
        }
    }

    /// <summary>Writes a list of texts, unless it is empty.</summary>
    public static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        if (values.Count > 0)
        {
            json.WriteStartArray(name);
            foreach (var value in values)
            {
                json.WriteStringValue(value);
            }

            json.WriteEndArray();
        }
    }

    /// <summary>Writes a map, unless it is empty.</summary>
    public static void Map(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> values)
    {
        if (values.Count > 0)
        {
            json.WriteStartObject(name);
            foreach (var (key, value) in values.OrderBy(item => item.Key, StringComparer.Ordinal))
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }
    }

    /// <summary>Writes names as an object of empty objects, as the specification writes sets, unless there are none.</summary>
    public static void Keys(Utf8JsonWriter json, string name, IReadOnlyList<string> keys)
    {
        if (keys.Count > 0)
        {
            json.WriteStartObject(name);
            foreach (var key in keys.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            {
                json.WriteStartObject(key);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }
    }

    /// <summary>Writes members that are carried along without being understood.</summary>
    public static void Rest(Utf8JsonWriter json, IReadOnlyDictionary<string, JsonElement> members)
    {
        foreach (var (name, value) in members.OrderBy(item => item.Key, StringComparer.Ordinal))
        {
            json.WritePropertyName(name);
            value.WriteTo(json);
        }
    }
}
