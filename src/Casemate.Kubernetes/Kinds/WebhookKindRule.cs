namespace Casemate.Kubernetes;

/// <summary>What a webhook is asked about.</summary>
public sealed record WebhookKindRule
{
    /// <summary>Such as <c>CREATE</c>, or <c>*</c>.</summary>
    public IReadOnlyList<string> Operations { get; init => field = value ?? []; } = [];

    /// <summary>Groups; the empty one is the core group.</summary>
    public IReadOnlyList<string> ApiGroups { get; init => field = value ?? []; } = [];

    /// <summary>Versions.</summary>
    public IReadOnlyList<string> ApiVersions { get; init => field = value ?? []; } = [];

    /// <summary>Kinds, such as <c>pods</c> or <c>pods/ephemeralcontainers</c>.</summary>
    public IReadOnlyList<string> Resources { get; init => field = value ?? []; } = [];

    /// <summary><c>Namespaced</c>, <c>Cluster</c> or <c>*</c>.</summary>
    public string Scope { get; init => field = value ?? ""; } = "";
}
