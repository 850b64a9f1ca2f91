namespace Casemate.Admission;

/// <summary>Where certificates are kept, and who shall know their authorities.</summary>
public sealed record CertificateKeeperOptions
{
    /// <summary>The Secret's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The Secret's name. Default <c>casemate-webhook-tls</c>.</summary>
    public string Secret { get; init; } = "casemate-webhook-tls";

    /// <summary>The Service through which the API server reaches the webhook. Default <c>casemate-webhook</c>.</summary>
    public string Service { get; init; } = WebhookConfigurations.DefaultName;

    /// <summary>The name of both webhook configurations. Default <c>casemate-webhook</c>.</summary>
    public string Configuration { get; init; } = WebhookConfigurations.DefaultName;

    /// <summary>How often the Secret is looked at. Default 1 minute.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The names in certificates.</summary>
    public IReadOnlyList<string> Names =>
        [$"{Service}.{Namespace}.svc", $"{Service}.{Namespace}.svc.cluster.local", $"{Service}.{Namespace}"];
}
