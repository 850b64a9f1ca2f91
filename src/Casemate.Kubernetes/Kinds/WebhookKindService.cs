namespace Casemate.Kubernetes;

/// <summary>The Service of a webhook.</summary>
public sealed record WebhookKindService
{
    /// <summary>Its namespace.</summary>
    public string Namespace { get; init => field = value ?? ""; } = "";

    /// <summary>Its name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The path; empty: <c>/</c>.</summary>
    public string Path { get; init => field = value ?? ""; } = "";

    /// <summary>The port; null: 443.</summary>
    public int? Port { get; init; }
}
