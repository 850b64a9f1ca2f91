using System.Text.Json;

namespace Casemate.Kubernetes;

/// <summary>A field that differs between two forms of an object.</summary>
/// <param name="Path">Where, such as <c>spec.template.spec.containers[0].image</c>; keys with points stand in brackets and quotes.</param>
/// <param name="Before">The value before; null when it was not there.</param>
/// <param name="After">The value after; null when it goes.</param>
public sealed record FieldDifference(string Path, JsonElement? Before, JsonElement? After)
{
    private const int LongestShown = 120;

    /// <summary>One line: <c>path: before → after</c>, long values cut. Values of Secrets are not held back here.</summary>
    public override string ToString() => $"{Path}: {Show(Before)} → {Show(After)}";

    private static string Show(JsonElement? value)
    {
        var text = value is { } element ? element.GetRawText() : "(none)";
        return text.Length <= LongestShown ? text : text[..LongestShown] + "…";
    }
}
