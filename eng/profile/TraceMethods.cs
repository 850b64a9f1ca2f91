using System.Text;
using System.Text.RegularExpressions;

namespace Casemate.Profile;

/// <summary>
/// Finds the methods in a trace of the runtime (.nettrace) with events of precompiled code that was entered: three texts behind each other,
/// the type, the name and the signature. Arguments of generic methods are not in them.
/// </summary>
internal static partial class TraceMethods
{
    public static IEnumerable<JitMethodName> Read(string path)
    {
        // One character for one byte: the texts are UTF-16 in the midst of binary fields.
        var trace = Encoding.Latin1.GetString(File.ReadAllBytes(path));
        foreach (Match match in Texts().Matches(trace))
        {
            var signature = Plain(match.Groups["signature"]);
            var open = signature.IndexOf('(', StringComparison.Ordinal);
            if (open >= 0 && signature.EndsWith(')'))
            {
                yield return new JitMethodName(
                    JitTypeName.Read(Plain(match.Groups["type"])), Plain(match.Groups["name"]), [], Parameters(signature[(open + 1)..^1]));
            }
        }
    }

    private static string Plain(Group text) => text.Value.Replace("\0", "", StringComparison.Ordinal);

    private static int Parameters(string list)
    {
        var (depth, count) = (0, list.Trim().Length == 0 ? 0 : 1);
        foreach (var c in list)
        {
            depth += c is '<' or '(' or '[' ? 1 : c is '>' or ')' or ']' ? -1 : 0;
            count += c is ',' && depth == 0 ? 1 : 0;
        }

        return count;
    }

    [GeneratedRegex(@"(?<type>(?:[ -~]\0){3,})\0\0(?<name>(?:[ -~]\0)+)\0\0(?<signature>(?:[ -~]\0){4,})\0\0")]
    private static partial Regex Texts();
}
