using System.Text;

namespace Casemate.KataPolicy.Derivation;

/// <summary>
/// Expands <c>$(NAME)</c> as the kubelet does: <c>$$</c> stands for a dollar sign, and what names no known variable stays as it is.
/// Source: kubernetes/kubernetes third_party/forked/golang/expansion.
/// </summary>
internal static class VariableExpansion
{
    /// <summary>Expands text as it is written in a document into text as the rules read it.</summary>
    /// <param name="text">The text as written.</param>
    /// <param name="valueOf">The value of a variable as the rules read it; null for one that is not known.</param>
    public static string Expand(string text, Func<string, string?> valueOf)
    {
        var expanded = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '$' || i + 1 == text.Length)
            {
                Append(expanded, text[i]);
                continue;
            }

            if (text[i + 1] == '$')
            {
                Append(expanded, '$');
                i++;
            }
            else if (text[i + 1] == '(' && text.IndexOf(')', i + 2) is >= 0 and var end)
            {
                var name = text[(i + 2)..end];
                _ = expanded.Append(valueOf(name) ?? PolicyText.Literal(text[i..(end + 1)]));
                i = end;
            }
            else
            {
                Append(expanded, '$');
            }
        }

        return expanded.ToString();
    }

    /// <summary>The names that a text refers to, known or not.</summary>
    public static List<string> References(string text)
    {
        var names = new List<string>();
        _ = Expand(text, name =>
        {
            names.Add(name);
            return null;
        });
        return names;
    }

    private static void Append(StringBuilder expanded, char c) => _ = c == '$' ? expanded.Append("$$") : expanded.Append(c);
}
