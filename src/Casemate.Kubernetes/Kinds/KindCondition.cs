namespace Casemate.Kubernetes;

/// <summary>A condition of an object.</summary>
public sealed record KindCondition
{
    /// <summary>Which.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    public string Status { get; init => field = value ?? ""; } = "";

    /// <summary>One word.</summary>
    public string Reason { get; init => field = value ?? ""; } = "";

    /// <summary>A sentence.</summary>
    public string Message { get; init => field = value ?? ""; } = "";
}
