namespace Casemate.Kubernetes;

/// <summary>A container of a Pod.</summary>
public sealed record PodKindContainer
{
    /// <summary>Its name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary><c>Always</c> for an init container that goes on running; null for the rest.</summary>
    public string? RestartPolicy { get; init; }

    /// <summary>What it asks for.</summary>
    public PodKindResources Resources { get; init => field = value ?? new(); } = new();
}
