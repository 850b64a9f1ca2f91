using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Casemate.KataPolicy;

/// <summary>Values as Rego text, which for these is JSON.</summary>
internal static class RegoLiteral
{
    internal static string Of(string value) => $"\"{JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    internal static string OfLines(IReadOnlyList<string> values) =>
        values.Count == 0 ? "[]" : $"[\n{string.Concat(values.Select(value => $"  {Of(value)},\n"))}]";

    internal static string OfPairs(IEnumerable<(string First, string Second)> pairs)
    {
        var text = new StringBuilder("[");
        foreach (var (first, second) in pairs)
        {
            text.Append("\n  [").Append(Of(first)).Append(", ").Append(Of(second)).Append("],");
        }

        return text.Append(text.Length > 1 ? "\n]" : "]").ToString();
    }
}
