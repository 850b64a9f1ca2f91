namespace Casemate.KataPolicy;

/// <summary>How devices that are passed through look in requests.</summary>
public sealed record DevicesPolicy
{
    /// <summary>Patterns of devices of VFIO.</summary>
    public VfioPolicy Vfio { get; init; } = new();
}
