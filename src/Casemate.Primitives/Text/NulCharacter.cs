namespace Casemate.Primitives.Text;

/// <summary>
/// Finds the character U+0000. No text of ours has one (YAML 1.2, section 5.1, forbids it), and readers of YAML take it for the end: what
/// stands behind it would be neither read nor refused.
/// </summary>
public static class NulCharacter
{
    /// <summary>Finds the first.</summary>
    /// <param name="text">The text.</param>
    /// <param name="line">Its line, from 1; 0 when there is none.</param>
    /// <param name="column">Its column, in UTF-16 code units from 1; 0 when there is none.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryFind(ReadOnlySpan<char> text, out int line, out int column)
    {
        (line, column) = (0, 0);
        if (text.IndexOf('\0') is not (>= 0 and var at))
        {
            return false;
        }

        var before = text[..at];
        (line, column) = (before.Count('\n') + 1, at - before.LastIndexOf('\n'));
        return true;
    }
}
