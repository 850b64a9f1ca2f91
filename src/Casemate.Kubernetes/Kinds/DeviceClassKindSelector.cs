namespace Casemate.Kubernetes;

/// <summary>What a device must be.</summary>
public sealed record DeviceClassKindSelector
{
    /// <summary>An expression; null when the selector is of a kind that is not known here.</summary>
    public DeviceClassKindCel? Cel { get; init; }
}
