namespace Casemate.Kubernetes;

/// <summary>Where a webhook is.</summary>
public sealed record WebhookKindClient
{
    /// <summary>A Service of the cluster; null: by address.</summary>
    public WebhookKindService? Service { get; init; }

    /// <summary>An address; empty: by Service.</summary>
    public string Url { get; init => field = value ?? ""; } = "";

    /// <summary>The certificates that its certificate must lead to, PEM in base64.</summary>
    public string CaBundle { get; init => field = value ?? ""; } = "";
}
