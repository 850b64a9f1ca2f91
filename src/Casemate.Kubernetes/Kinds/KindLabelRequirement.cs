namespace Casemate.Kubernetes;

/// <summary>One requirement on a label.</summary>
public sealed record KindLabelRequirement
{
    /// <summary>The label.</summary>
    public string Key { get; init => field = value ?? ""; } = "";

    /// <summary><c>In</c>, <c>NotIn</c>, <c>Exists</c> or <c>DoesNotExist</c>.</summary>
    public string Operator { get; init => field = value ?? ""; } = "";

    /// <summary>The values; none for the last two.</summary>
    public IReadOnlyList<string> Values { get; init => field = value ?? []; } = [];
}
