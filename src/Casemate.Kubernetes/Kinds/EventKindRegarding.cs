namespace Casemate.Kubernetes;

/// <summary>The object that an Event is about.</summary>
public sealed record EventKindRegarding
{
    /// <summary>Its kind.</summary>
    public string Kind { get; init => field = value ?? ""; } = "";

    /// <summary>Its namespace; null when it has none.</summary>
    public string? Namespace { get; init; }

    /// <summary>Its name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Its identity.</summary>
    public string Uid { get; init => field = value ?? ""; } = "";
}
