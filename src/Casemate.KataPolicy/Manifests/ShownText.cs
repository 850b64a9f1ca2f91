using System.Text;
using Casemate.Primitives.Text;

namespace Casemate.KataPolicy.Manifests;

/// <summary>Someone else's text in a message: short, on one line, without control characters.</summary>
internal static class ShownText
{
    private const int MaxLength = 120;

    public static string Of(string text)
    {
        var shown = new StringBuilder();
        foreach (var c in text)
        {
            if (shown.Length == MaxLength)
            {
                return shown.Append('…').ToString();
            }

            shown.Append(UnseenCharacter.Is(c) || char.IsSurrogate(c) ? '?' : c);
        }

        return shown.ToString();
    }
}
