namespace Casemate.KataPolicy.Settings;

/// <summary>Text from outside, as it is put into messages.</summary>
internal static class SettingsText
{
    private const int MaxLength = 120;

    /// <summary>The text in one line, cut where it is long.</summary>
    public static string Quoted(string? text)
    {
        if (text is null)
        {
            return "";
        }

        var cut = text.Length > MaxLength ? string.Concat(text.AsSpan(0, MaxLength), "…") : text;
        return string.Create(cut.Length, cut, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) ? '?' : source[i];
            }
        });
    }
}
