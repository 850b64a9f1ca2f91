namespace Casemate.Addon;

/// <summary>Whether the API server asks the webhook, and somebody answers.</summary>
/// <param name="IsConfigured">Both webhook configurations are there.</param>
/// <param name="HasAuthorities">The webhook has written into both whose certificates are good (<c>caBundle</c>).</param>
/// <param name="ReadyEndpoints">How many pods behind its Service are ready.</param>
public sealed record AddonWebhook(bool IsConfigured, bool HasAuthorities, int ReadyEndpoints)
{
    /// <summary>Whether pods are completed.</summary>
    public bool IsAnswering => IsConfigured && HasAuthorities && ReadyEndpoints > 0;
}
