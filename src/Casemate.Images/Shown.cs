using System.Text;
using Casemate.Primitives.Text;

namespace Casemate.Images;

/// <summary>Makes names from an image fit for a message: short, and without characters that a terminal would obey.</summary>
internal static class Shown
{
    private const int MaxLength = 256;

    /// <summary>The text, cut at 256 characters, with control characters replaced by '?'.</summary>
    public static string Of(string text)
    {
        var cut = text.AsSpan(0, Math.Min(text.Length, MaxLength));
        var builder = new StringBuilder(cut.Length + 1);
        foreach (var c in cut)
        {
            builder.Append(UnseenCharacter.Is(c) || char.IsSurrogate(c) ? '?' : c);
        }

        return text.Length > MaxLength ? builder.Append('…').ToString() : builder.ToString();
    }
}
