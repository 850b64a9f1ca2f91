namespace Casemate.Addon.Manifests;

/// <summary>Puts pieces of YAML text together.</summary>
internal static class Yaml
{
    /// <summary>Pieces one below the other, the whole indented; nothing at all for no pieces.</summary>
    /// <param name="spaces">How far.</param>
    /// <param name="pieces">Lines, or several lines with LF between them, without one at the end.</param>
    public static string Block(int spaces, params IEnumerable<string> pieces)
    {
        var indent = new string(' ', spaces);
        return string.Concat(
            pieces.SelectMany(piece => piece.Split('\n')).Select(line => line.Length == 0 ? "\n" : $"{indent}{line}\n"));
    }

    /// <summary>A scalar that YAML takes for text: as it is where that is plain, else in double quotes.</summary>
    public static string Text(string value)
    {
        var plain = value.Length > 0
            && (char.IsAsciiLetter(value[0]) || value[0] == '/' || value.StartsWith("--", StringComparison.Ordinal))
            && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/' or '@' or '=' or ':') && !value.EndsWith(':')
            && value is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n");
        return plain ? value
            : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
    }
}
