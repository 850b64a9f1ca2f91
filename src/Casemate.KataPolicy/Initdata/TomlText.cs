using System.Globalization;
using System.Text;

namespace Casemate.KataPolicy.Initdata;

/// <summary>Keys and strings of TOML, as readable as the text allows. Source: TOML 1.0.0.</summary>
internal static class TomlText
{
    public static string Key(string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? name : Basic(name);

    /// <summary>A literal over several lines where the text allows it: what a person decodes is what was put in.</summary>
    public static string String(string value) =>
        !value.Contains('\n', StringComparison.Ordinal) ? Basic(value) : FitsLiteral(value) ? $"'''\n{value}'''" : Basic(value);

    private static bool FitsLiteral(string value) =>
        !value.Contains("''", StringComparison.Ordinal) && !value.EndsWith('\'')
        && value.All(c => c is '\t' or '\n' || (!char.IsControl(c) && !char.IsSurrogate(c)));

    private static string Basic(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var rune in value.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '"': text.Append("\\\""); break;
                case '\\': text.Append("\\\\"); break;
                case '\n': text.Append("\\n"); break;
                case '\r': text.Append("\\r"); break;
                case '\t': text.Append("\\t"); break;
                case < 0x20 or 0x7F: text.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}"); break;
                default: text.Append(rune.ToString()); break;
            }
        }

        return text.Append('"').ToString();
    }
}
