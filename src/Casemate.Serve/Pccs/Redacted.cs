namespace Casemate.Serve.Pccs;

/// <summary>Shortens what identifies a machine for logs.</summary>
internal static class Redacted
{
    /// <summary>The first and last four characters; nothing of a text that is hardly longer.</summary>
    public static string Text(string text) => text.Length == 0 ? "-" : text.Length <= 12 ? "…" : $"{text[..4]}…{text[^4..]}";
}
