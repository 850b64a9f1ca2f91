namespace Casemate.Kubernetes;

/// <summary>Which devices a DeviceClass selects.</summary>
public sealed record DeviceClassKindSpec
{
    /// <summary>All of them must hold.</summary>
    public IReadOnlyList<DeviceClassKindSelector> Selectors { get; init => field = value ?? []; } = [];

    /// <summary>The resource name that stands for the class; null: none.</summary>
    public string? ExtendedResourceName { get; init; }
}
