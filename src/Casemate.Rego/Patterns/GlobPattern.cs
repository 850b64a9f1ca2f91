using System.Text;

namespace Casemate.Rego.Patterns;

/// <summary>Globs as regular expressions: <c>*</c> stops at delimiters, <c>**</c> does not.</summary>
internal static class GlobPattern
{
    /// <summary>The regular expression of a glob; null with an error when it is none.</summary>
    public static string? ToRegex(string glob, IReadOnlyCollection<char> delimiters, out string? error)
    {
        error = null;
        var text = new StringBuilder("(?s)\\A(?:");
        var one = delimiters.Count == 0 ? "." : "[^" + string.Concat(delimiters.Select(Escape)) + "]";
        var depth = 0;
        for (var i = 0; i < glob.Length; i++)
        {
            switch (glob[i])
            {
                case '*' when i + 1 < glob.Length && glob[i + 1] == '*':
                    text.Append(".*");
                    i++;
                    break;
                case '*':
                    text.Append(one).Append('*');
                    break;
                case '?':
                    text.Append(one);
                    break;
                case '[':
                    var close = glob.IndexOf(']', Math.Min(i + 2, glob.Length));
                    if (close < 0)
                    {
                        error = "a character class of the glob is not closed";
                        return null;
                    }

                    text.Append('[').Append(Class(glob[(i + 1)..close])).Append(']');
                    i = close;
                    break;
                case '{':
                    depth++;
                    text.Append("(?:");
                    break;
                case '}' when depth > 0:
                    depth--;
                    text.Append(')');
                    break;
                case ',' when depth > 0:
                    text.Append('|');
                    break;
                case '\\' when i + 1 < glob.Length:
                    i++;
                    goto default;
                default:
                    text.Append(char.IsSurrogate(glob[i]) ? glob[i].ToString() : Escape(glob[i]));
                    break;
            }
        }

        error = depth == 0 ? null : "a brace of the glob is not closed";
        return error is null ? text.Append(")\\z").ToString() : null;
    }

    /// <summary>The text with what has a meaning in globs escaped.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder();
        foreach (var c in text)
        {
            quoted.Append(c is '*' or '?' or '\\' or '[' or ']' or '{' or '}' ? "\\" : "").Append(c);
        }

        return quoted.ToString();
    }

    private static string Class(string inside)
    {
        var text = new StringBuilder(inside.StartsWith('!') || inside.StartsWith('^') ? "^" : "");
        foreach (var c in inside.AsSpan(text.Length))
        {
            text.Append(c is '[' or ']' or '\\' or '^' ? "\\" : "").Append(c);
        }

        return text.ToString();
    }

    private static string Escape(char c) => char.IsAsciiLetterOrDigit(c) || c > 127 || c == '_' ? c.ToString() : "\\" + c;
}
