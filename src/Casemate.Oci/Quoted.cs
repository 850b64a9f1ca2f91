using System.Text;

namespace Casemate.Oci;

/// <summary>Makes text from outside fit for a message: short, and without control characters that a terminal would obey.</summary>
internal static class Quoted
{
    private const int MaxLength = 120;

    /// <summary>The text, cut at 120 characters, with anything that is not printable ASCII replaced by '?'.</summary>
    public static string Of(string? text)
    {
        if (text is null)
        {
            return "";
        }

        var builder = new StringBuilder(Math.Min(text.Length, MaxLength + 1));
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, MaxLength)))
        {
            builder.Append(c is >= ' ' and <= '~' ? c : '?');
        }

        return text.Length > MaxLength ? builder.Append('…').ToString() : builder.ToString();
    }
}
