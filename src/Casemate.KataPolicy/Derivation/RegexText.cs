using System.Text;

namespace Casemate.KataPolicy.Derivation;

/// <summary>Text as a part of a regular expression of RE2's syntax.</summary>
internal static class RegexText
{
    private const string Special = "\\.+*?()|[]{}^$";

    /// <summary>A pattern that matches exactly <paramref name="text"/>.</summary>
    public static string Literal(string text)
    {
        var pattern = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            _ = Special.Contains(c, StringComparison.Ordinal) ? pattern.Append('\\').Append(c) : pattern.Append(c);
        }

        return pattern.ToString();
    }
}
