using Casemate.Primitives.Text;

namespace Casemate.Addon;

/// <summary>Text that comes from a cluster's objects and goes to a terminal.</summary>
internal static class ServerText
{
    private const int Longest = 300;

    /// <summary>One printable line, cut where it is long.</summary>
    public static string Clean(string text)
    {
        var cut = text.Length > Longest ? text[..Longest] + "…" : text;
        return string.Concat(cut.Select(c => UnseenCharacter.Is(c) ? ' ' : c)).Trim();
    }
}
