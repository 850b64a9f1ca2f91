namespace Casemate.Kubernetes;

/// <summary>Who may use a claim.</summary>
public sealed record ResourceClaimKindConsumer
{
    /// <summary>The kind, <c>pods</c>.</summary>
    public string Resource { get; init => field = value ?? ""; } = "";

    /// <summary>The name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The identity.</summary>
    public string Uid { get; init => field = value ?? ""; } = "";
}
