namespace Casemate.KataPolicy;

/// <summary>Bounds on neighbours.</summary>
public sealed record AddArpNeighborsDefaults
{
    /// <summary>Devices that no neighbour may be on.</summary>
    public IReadOnlyList<string> ForbiddenDeviceNames { get; init; } = ["lo"];

    /// <summary>Patterns of addresses that no neighbour may have.</summary>
    public IReadOnlyList<string> ForbiddenCidrsRegex { get; init; } =
        ["^(?:0{0,4}:){0,7}0{0,3}1$", "^127\\.(?:[0-9]{1,3}\\.){2}[0-9]{1,3}$"];
}
