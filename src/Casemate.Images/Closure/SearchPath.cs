using System.Text;

namespace Casemate.Images.Closure;

/// <summary>Search paths and their tokens. Source: ld.so(8), "Dynamic string tokens".</summary>
internal static class SearchPath
{
    /// <summary>The directories of a search path. An empty one is the working directory.</summary>
    public static IEnumerable<string> Split(string path, string workingDirectory, params char[] separators) =>
        path.Length == 0 ? [] : path.Split(separators).Select(directory => Absolute(directory, workingDirectory));

    /// <summary>A path made absolute.</summary>
    public static string Absolute(string path, string workingDirectory) =>
        path.StartsWith('/') ? path : $"{workingDirectory.TrimEnd('/')}/{path}".TrimEnd('/') is { Length: > 0 } full ? full : "/";

    /// <summary>Replaces <c>$NAME</c> and <c>${NAME}</c>; an unknown name stays as it is.</summary>
    public static string Expand(string text, IReadOnlyDictionary<string, string> tokens)
    {
        if (!text.Contains('$'))
        {
            return text;
        }

        var result = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            if (text[at] == '$' && Match(text.AsSpan(at + 1), tokens) is var (length, value))
            {
                result.Append(value);
                at += 1 + length;
            }
            else
            {
                result.Append(text[at++]);
            }
        }

        return result.ToString();
    }

    private static (int Length, string Value)? Match(ReadOnlySpan<char> text, IReadOnlyDictionary<string, string> tokens)
    {
        foreach (var (name, value) in tokens)
        {
            if (text.StartsWith('{') && text[1..].StartsWith(name) && text.Length > name.Length + 1 && text[name.Length + 1] == '}')
            {
                return (name.Length + 2, value);
            }

            if (text.StartsWith(name) && (text.Length == name.Length || !(char.IsAsciiLetterOrDigit(text[name.Length]) || text[name.Length] == '_')))
            {
                return (name.Length, value);
            }
        }

        return null;
    }
}
