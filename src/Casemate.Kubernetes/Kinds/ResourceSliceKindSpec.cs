namespace Casemate.Kubernetes;

/// <summary>The devices of a ResourceSlice.</summary>
public sealed record ResourceSliceKindSpec
{
    /// <summary>The driver.</summary>
    public string Driver { get; init => field = value ?? ""; } = "";

    /// <summary>The node; null when it is for several.</summary>
    public string? NodeName { get; init; }

    /// <summary>The pool that it is a part of.</summary>
    public ResourceSliceKindPool Pool { get; init => field = value ?? new(); } = new();

    /// <summary>The devices.</summary>
    public IReadOnlyList<ResourceSliceKindDevice> Devices { get; init => field = value ?? []; } = [];
}
