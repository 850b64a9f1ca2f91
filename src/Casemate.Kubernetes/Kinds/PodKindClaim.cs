namespace Casemate.Kubernetes;

/// <summary>A claim that a Pod uses.</summary>
public sealed record PodKindClaim
{
    /// <summary>Its name in the pod.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The claim; null when it is made of a template.</summary>
    public string? ResourceClaimName { get; init; }

    /// <summary>The template; null when the claim is named.</summary>
    public string? ResourceClaimTemplateName { get; init; }
}
