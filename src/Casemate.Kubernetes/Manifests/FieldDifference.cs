using System.Text.Json;

namespace Casemate.Kubernetes;

/// <summary>A field that differs between two forms of an object.</summary>
/// <param name="Path">Where, such as <c>spec.template.spec.containers[0].image</c>; keys with points stand in brackets and quotes.</param>
/// <param name="Before">The value before; null when it was not there.</param>
/// <param name="After">The value after; null when it goes.</param>
public sealed record FieldDifference(string Path, JsonElement? Before, JsonElement? After)
{
    private const int LongestShown = 120;

    /// <summary>True for what may be a secret: the text form names neither value.</summary>
    public bool IsSecret { get; init; }

    /// <summary>One line: <c>path: before → after</c>, long values cut, secrets held back.</summary>
    public override string ToString() => $"{Path}: {Show(Before)} → {Show(After)}";

    private string Show(JsonElement? value)
    {
        var text = value is not { } element ? "(none)" : IsSecret ? "(secret)" : element.GetRawText();
        return text.Length <= LongestShown ? text : text[..LongestShown] + "…";
    }
}
