namespace Casemate.KataPolicy;

/// <summary>Bounds on routes.</summary>
public sealed record UpdateRoutesDefaults
{
    /// <summary>Devices that no route may use.</summary>
    public IReadOnlyList<string> ForbiddenDeviceNames { get; init; } = ["lo"];

    /// <summary>Patterns of sources that no route may have.</summary>
    public IReadOnlyList<string> ForbiddenSourceRegex { get; init; } =
        ["^(?:0{0,4}:){0,7}0{0,3}1$", "^127\\.(?:[0-9]{1,3}\\.){2}[0-9]{1,3}$"];
}
