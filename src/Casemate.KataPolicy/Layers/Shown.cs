using Casemate.Primitives.Text;

namespace Casemate.KataPolicy.Layers;

/// <summary>Text from a layer, made fit for a message: short, and without anything that a terminal would act on.</summary>
internal static class Shown
{
    private const int Most = 120;

    public static string Of(string text)
    {
        var shown = text.Length > Most ? text[..Most] + "…" : text;
        return string.Create(shown.Length, shown, (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = UnseenCharacter.Is(source[i]) || char.IsSurrogate(source[i]) ? '\uFFFD' : source[i];
            }
        });
    }
}
