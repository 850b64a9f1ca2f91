namespace Casemate.Admission;

/// <summary>Writes paths inside a document: <c>spec.containers[0].env</c>, and <c>limits['a.b/c']</c> for names with other letters.</summary>
internal static class PodPath
{
    public static string Member(string path, string name)
    {
        var isPlain = name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '$');
        return !isPlain ? $"{path}['{name}']" : path.Length == 0 ? name : $"{path}.{name}";
    }

    public static string Item(string path, int index) => FormattableString.Invariant($"{path}[{index}]");

    /// <summary>A path below another, either of which may be empty.</summary>
    public static string Join(string path, string below) =>
        path.Length == 0 ? below : below.Length == 0 ? path : below[0] == '[' ? path + below : $"{path}.{below}";
}
