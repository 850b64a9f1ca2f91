namespace Casemate.Cli.Output;

/// <summary>Writes a word so that a shell reads it back as it is: a command that we print is one to paste.</summary>
internal static class ShellWord
{
    private const string Plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";

    /// <summary>The word itself if nothing in it means anything to a shell, else in single quotes.</summary>
    public static string Of(string word) =>
        word.Length > 0 && !word.AsSpan().ContainsAnyExcept(Plain) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
