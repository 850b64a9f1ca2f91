namespace Casemate.KataPolicy;

/// <summary>Patterns of devices of VFIO, matched whole.</summary>
public sealed record VfioPolicy
{
    /// <summary>The path of the device in requests; the number in it is the device's.</summary>
    public string DevicePath { get; init; } = "/dev/vfio/devices/vfio[0-9]{1,5}";

    /// <summary>One option: address in the host and path of slots in the guest.</summary>
    public string Option { get; init; } = "[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-9a-f]=[0-9a-f]{2}(/[0-9a-f]{2})*";
}
