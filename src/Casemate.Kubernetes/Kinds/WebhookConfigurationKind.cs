namespace Casemate.Kubernetes;

/// <summary>A MutatingWebhookConfiguration or ValidatingWebhookConfiguration. Source: admissionregistration/v1.</summary>
public sealed record WebhookConfigurationKind
{
    /// <summary>Name and labels.</summary>
    public KindMetadata Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The webhooks.</summary>
    public IReadOnlyList<WebhookKind> Webhooks { get; init => field = value ?? []; } = [];

    /// <summary>Reads one; what is not named here stays in <paramref name="value"/>.</summary>
    /// <exception cref="KubeException">A field has another type than it should.</exception>
    public static WebhookConfigurationKind Read(KubeObject value) => KindReader.Read(value, KindsJson.Default.WebhookConfigurationKind);
}
