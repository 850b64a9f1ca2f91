using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Casemate.Primitives.Toml;

/// <summary>
/// Writes JSON values as TOML, always the same text for the same values: keys in the order of their characters, plain values of a table
/// before its subtables, one element of an array on a line. <see cref="TomlDocument"/> reads it back. Source: TOML 1.0.0.
/// </summary>
public static class TomlWriter
{
    /// <summary>Writes a document.</summary>
    /// <param name="root">The root table. TOML has no word for null.</param>
    /// <exception cref="ArgumentException">Something is null, is a number that TOML cannot hold, or nests too deeply.</exception>
    public static string Write(JsonObject root)
    {
        ArgumentNullException.ThrowIfNull(root);
        var text = new StringBuilder();
        WriteTable(text, "", root, 0);
        return text.ToString();
    }

    private static void WriteTable(StringBuilder text, string path, JsonObject table, int depth)
    {
        RequireDepth(depth);
        var sorted = table.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        var plain = sorted.Where(pair => pair.Value is not JsonObject).ToList();
        if (depth > 0 && (plain.Count > 0 || sorted.Count == 0))
        {
            text.Append(text.Length > 0 ? "\n" : "").Append('[').Append(path).Append("]\n");
        }

        foreach (var (key, value) in plain)
        {
            WriteKey(text, key);
            text.Append(" = ");
            WriteValue(text, value, depth + 1, onLines: true);
            text.Append('\n');
        }

        foreach (var (key, value) in sorted)
        {
            if (value is JsonObject below)
            {
                var name = new StringBuilder();
                WriteKey(name, key);
                WriteTable(text, path.Length == 0 ? name.ToString() : $"{path}.{name}", below, depth + 1);
            }
        }
    }

    private static void WriteValue(StringBuilder text, JsonNode? value, int depth, bool onLines)
    {
        RequireDepth(depth);
        switch (value)
        {
            case JsonObject table:
                WriteInline(text, table, depth);
                break;
            case JsonArray array:
                WriteArray(text, array, depth, onLines);
                break;
            case JsonValue plain:
                WritePlain(text, plain);
                break;
            default:
                throw new ArgumentException("TOML has no word for null.", nameof(value));
        }
    }

    private static void WriteArray(StringBuilder text, JsonArray array, int depth, bool onLines)
    {
        text.Append('[').Append(onLines && array.Count > 0 ? "\n" : "");
        for (var i = 0; i < array.Count; i++)
        {
            text.Append(onLines ? "  " : i > 0 ? ", " : "");
            WriteValue(text, array[i], depth + 1, onLines: false);
            text.Append(onLines ? ",\n" : "");
        }

        text.Append(']');
    }

    private static void WriteInline(StringBuilder text, JsonObject table, int depth)
    {
        text.Append('{');
        var isFirst = true;
        foreach (var (key, value) in table.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            text.Append(isFirst ? " " : ", ");
            isFirst = false;
            WriteKey(text, key);
            text.Append(" = ");
            WriteValue(text, value, depth + 1, onLines: false);
        }

        text.Append(isFirst ? "}" : " }");
    }

    private static void WritePlain(StringBuilder text, JsonValue value)
    {
        switch (value.GetValueKind())
        {
            case JsonValueKind.String:
                WriteString(text, value.GetValue<string>());
                break;
            case JsonValueKind.True:
                text.Append("true");
                break;
            case JsonValueKind.False:
                text.Append("false");
                break;
            default:
                WriteNumber(text, value);
                break;
        }
    }

    private static void WriteNumber(StringBuilder text, JsonValue value)
    {
        var number = value.ToJsonString();
        if (long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            // JSON writes 2.0 as 2, but to TOML they are different things.
            var isReal = value.TryGetValue(out double _) && !value.TryGetValue(out long _);
            text.Append(CultureInfo.InvariantCulture, $"{whole}").Append(isReal ? ".0" : "");
            return;
        }

        if (number.AsSpan().IndexOfAny('.', 'e', 'E') < 0
            || !double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) || !double.IsFinite(real))
        {
            throw new ArgumentException("A number has more than 64 bits.", nameof(value));
        }

        var shortest = real.ToString("R", CultureInfo.InvariantCulture);
        text.Append(shortest).Append(shortest.AsSpan().IndexOfAny('.', 'E') < 0 ? ".0" : "");
    }

    private static void WriteKey(StringBuilder text, string key)
    {
        if (key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            text.Append(key);
            return;
        }

        WriteString(text, key);
    }

    private static void WriteString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append(@"\\"),
                '\n' => text.Append(@"\n"),
                '\t' => text.Append(@"\t"),
                '\r' => text.Append(@"\r"),
                _ when char.IsControl(c) => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }

    private static void RequireDepth(int depth)
    {
        if (depth > TomlDocument.MaxDepth)
        {
            throw new ArgumentException($"Tables and arrays nest deeper than {TomlDocument.MaxDepth} levels.", nameof(depth));
        }
    }
}
