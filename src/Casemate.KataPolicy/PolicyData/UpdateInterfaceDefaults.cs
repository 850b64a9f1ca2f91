namespace Casemate.KataPolicy;

/// <summary>Bounds on network interfaces.</summary>
public sealed record UpdateInterfaceDefaults
{
    /// <summary>Flags that may be set; 128 is IFF_NOARP.</summary>
    public uint AllowRawFlags { get; init; } = 128;

    /// <summary>Names that no request may touch.</summary>
    public IReadOnlyList<string> ForbiddenNames { get; init; } = ["lo"];

    /// <summary>Hardware addresses that no request may touch.</summary>
    public IReadOnlyList<string> ForbiddenHwAddrs { get; init; } = ["00:00:00:00:00:00"];
}
