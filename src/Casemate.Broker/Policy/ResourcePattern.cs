namespace Casemate.Broker;

/// <summary>Names resources: <c>repository/type/tag</c>, where <c>*</c> stands for any one segment.</summary>
/// <param name="Repository">First segment, or <c>*</c>.</param>
/// <param name="Type">Second segment, or <c>*</c>.</param>
/// <param name="Tag">Third segment, or <c>*</c>.</param>
public readonly record struct ResourcePattern(string Repository, string Type, string Tag)
{
    private const string Any = "*";

    /// <summary>Every resource.</summary>
    public static ResourcePattern All { get; } = new(Any, Any, Any);

    /// <summary>True when the pattern names the resource.</summary>
    public bool Matches(ResourcePath path) => Covers(Repository, path.Repository) && Covers(Type, path.Type) && Covers(Tag, path.Tag);

    /// <summary>Reads a pattern.</summary>
    /// <param name="text">Three segments; nothing is unescaped or trimmed.</param>
    /// <param name="pattern">The pattern; default when the text is none.</param>
    public static bool TryParse(string text, out ResourcePattern pattern)
    {
        pattern = default;
        var segments = text.Split('/');
        if (segments.Length != 3 || !segments.All(s => s is Any || ResourcePath.IsSegment(s)))
        {
            return false;
        }

        pattern = new ResourcePattern(segments[0], segments[1], segments[2]);
        return true;
    }

    /// <summary><c>repository/type/tag</c>.</summary>
    public override string ToString() => $"{Repository}/{Type}/{Tag}";

    private static bool Covers(string pattern, string segment) =>
        pattern is Any || string.Equals(pattern, segment, StringComparison.Ordinal);
}
