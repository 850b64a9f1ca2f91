using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Casemate.Kubernetes;

/// <summary>
/// Writes Kubernetes objects as YAML that every reader takes for the same: text that could be taken for something else is quoted, text
/// of several lines stands as it is. The same objects give the same bytes.
/// </summary>
public static class ManifestWriter
{
    /// <summary>Writes objects as documents, one after the other, separated by <c>---</c>.</summary>
    public static string Write(IEnumerable<KubeObject> objects)
    {
        ArgumentNullException.ThrowIfNull(objects);
        var text = new StringBuilder();
        foreach (var value in objects)
        {
            if (text.Length > 0)
            {
                text.Append("---\n");
            }

            Block(text, value.Json, 0, isInItem: false);
        }

        return text.ToString();
    }

    /// <summary>Writes one object.</summary>
    public static string Write(KubeObject value) => Write([value]);

    private static void Block(StringBuilder text, JsonElement element, int indent, bool isInItem)
    {
        var isFirst = true;
        if (element.ValueKind is JsonValueKind.Object)
        {
            foreach (var member in element.EnumerateObject())
            {
                Indent(text, isFirst && isInItem ? 0 : indent);
                isFirst = false;
                text.Append(Word(member.Name)).Append(':');
                if (IsBlock(member.Value))
                {
                    // A list stands below its key without more indentation, as kubectl writes it.
                    text.Append('\n');
                    Block(text, member.Value, member.Value.ValueKind is JsonValueKind.Array ? indent : indent + 2, isInItem: false);
                }
                else
                {
                    text.Append(' ');
                    Scalar(text, member.Value, indent);
                }
            }
        }
        else
        {
            foreach (var item in element.EnumerateArray())
            {
                Indent(text, isFirst && isInItem ? 0 : indent);
                isFirst = false;
                text.Append("- ");
                if (IsBlock(item))
                {
                    Block(text, item, indent + 2, isInItem: true);
                }
                else
                {
                    Scalar(text, item, indent);
                }
            }
        }
    }

    private static bool IsBlock(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Any(),
        JsonValueKind.Array => element.GetArrayLength() > 0,
        _ => false,
    };

    private static void Scalar(StringBuilder text, JsonElement element, int indent)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append("{}\n");
                break;
            case JsonValueKind.Array:
                text.Append("[]\n");
                break;
            case JsonValueKind.String:
                var value = element.GetString()!;
                if (IsLiteral(value))
                {
                    Literal(text, value, indent + 2);
                }
                else
                {
                    text.Append(Word(value)).Append('\n');
                }

                break;
            default:
                text.Append(element.GetRawText()).Append('\n');
                break;
        }
    }

    // Several lines that a reader gives back exactly: no line break of another kind, no leading blank, at most one break at the end.
    private static bool IsLiteral(string value) =>
        value.Contains('\n') && value[0] is not ('\n' or ' ' or '\t') && !value.EndsWith("\n\n", StringComparison.Ordinal)
        && value.All(c => c == '\n' || c == '\t' || IsPrintable(c)) && !HasBlankLineOfSpaces(value);

    private static bool HasBlankLineOfSpaces(string value) =>
        value.Split('\n').Any(line => line.Length > 0 && line.AsSpan().Trim(" \t").Length == 0);

    private static void Literal(StringBuilder text, string value, int indent)
    {
        text.Append(value.EndsWith('\n') ? "|\n" : "|-\n");
        foreach (var line in (value.EndsWith('\n') ? value[..^1] : value).Split('\n'))
        {
            if (line.Length > 0)
            {
                Indent(text, indent);
            }

            text.Append(line).Append('\n');
        }
    }

    private static string Word(string value) => IsPlain(value) ? value : Quoted(value);

    private static bool IsPlain(string value) =>
        value.Length is > 0 and <= 1024 && (char.IsAsciiLetter(value[0]) || value[0] is '/' or '_') && value[^1] is not (':' or ' ')
        && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':' or '=' or '+' or '@' or ',' or '(' or ')' or ' ')
        && !value.Contains(": ", StringComparison.Ordinal) && !YamlScalar.NeedsQuotes(value);

    private static string Quoted(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\t' => text.Append("\\t"),
                '\r' => text.Append("\\r"),
                _ when IsPrintable(c) => text.Append(c),
                _ => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
            };
        }

        return text.Append('"').ToString();
    }

    // Surrogates come in pairs here and go out as they are; what YAML or a terminal takes for more than a character is escaped.
    private static bool IsPrintable(char c) =>
        char.IsSurrogate(c) || (c >= ' ' && c is not ((>= '\u007f' and <= '\u00a0') or '\u2028' or '\u2029' or '\ufeff' or '\ufffe' or '\uffff')
            && char.GetUnicodeCategory(c) is not UnicodeCategory.Format);

    private static void Indent(StringBuilder text, int count) => text.Append(' ', count);
}
