using System.Text;
using System.Text.Json;

namespace Casemate.KataPolicy;

/// <summary>Lays JSON out to be read and compared by people: what fits on a line stays on it, the rest is broken.</summary>
internal static class JsonLayout
{
    private const int Width = 120;

    internal static string Write(JsonElement element)
    {
        var text = new StringBuilder();
        Append(text, element, 0, 0);
        return text.ToString();
    }

    // `taken` is what stands on the line before the value.
    private static void Append(StringBuilder text, JsonElement element, int depth, int taken)
    {
        var raw = element.GetRawText();
        if (element.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object) || taken + raw.Length + 1 <= Width)
        {
            text.Append(raw);
            return;
        }

        var isArray = element.ValueKind is JsonValueKind.Array;
        text.Append(isArray ? '[' : '{');
        if (isArray && element.EnumerateArray().All(item => item.ValueKind is JsonValueKind.String or JsonValueKind.Number))
        {
            AppendFilled(text, element, depth + 1);
        }
        else
        {
            AppendMembers(text, element, depth + 1, isArray);
        }

        Break(text, depth);
        text.Append(isArray ? ']' : '}');
    }

    private static void AppendMembers(StringBuilder text, JsonElement element, int depth, bool isArray)
    {
        var first = true;
        void Next()
        {
            text.Append(first ? "" : ",");
            Break(text, depth);
            first = false;
        }

        if (isArray)
        {
            foreach (var item in element.EnumerateArray())
            {
                Next();
                Append(text, item, depth, depth);
            }

            return;
        }

        foreach (var member in element.EnumerateObject())
        {
            Next();
            // The name is a term of ours or a text that the writer escaped before: written again the same way.
            var name = JsonEncodedText.Encode(member.Name,
                System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
            text.Append('"').Append(name).Append("\": ");
            Append(text, member.Value, depth, depth + name.Length + 4);
        }
    }

    private static void AppendFilled(StringBuilder text, JsonElement array, int depth)
    {
        var column = int.MaxValue;
        var first = true;
        foreach (var item in array.EnumerateArray())
        {
            var raw = item.GetRawText();
            text.Append(first ? "" : ",");
            if (first || column + raw.Length + 2 > Width)
            {
                Break(text, depth);
                column = depth;
            }
            else
            {
                text.Append(' ');
                column++;
            }

            text.Append(raw);
            column += raw.Length + 1;
            first = false;
        }
    }

    private static void Break(StringBuilder text, int depth) => text.Append('\n').Append(' ', depth);
}
