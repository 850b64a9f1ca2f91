namespace Casemate.Kubernetes;

/// <summary>A taint of a Node.</summary>
public sealed record NodeKindTaint
{
    /// <summary>Its key.</summary>
    public string Key { get; init => field = value ?? ""; } = "";

    /// <summary>Its value; may be empty.</summary>
    public string Value { get; init => field = value ?? ""; } = "";

    /// <summary><c>NoSchedule</c>, <c>PreferNoSchedule</c> or <c>NoExecute</c>.</summary>
    public string Effect { get; init => field = value ?? ""; } = "";
}
