using System.Globalization;

namespace Casemate.Primitives.Text;

/// <summary>
/// Characters that a terminal obeys and no reader sees: controls move its cursor, formats turn the direction of writing or hide, separators
/// begin a line. Source: Unicode, general categories Cc, Cf, Zl and Zp.
/// </summary>
public static class UnseenCharacter
{
    /// <summary>Whether a character is one. Halves of a pair are not: what they are, both say together.</summary>
    /// <param name="character">The character.</param>
    public static bool Is(char character) => char.GetUnicodeCategory(character)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
