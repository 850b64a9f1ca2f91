namespace Casemate.Kubernetes;

/// <summary>How pods are replaced.</summary>
public sealed record KindUpdateStrategy
{
    /// <summary><c>RollingUpdate</c> or <c>OnDelete</c>.</summary>
    public string Type { get; init => field = value ?? ""; } = "";
}
