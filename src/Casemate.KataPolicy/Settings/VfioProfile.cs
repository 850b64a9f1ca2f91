namespace Casemate.KataPolicy.Settings;

/// <summary>Devices that are passed through to the guest, as the derivation needs them. Source: genpolicy's <c>devices.vfio</c>.</summary>
public sealed record VfioProfile
{
    /// <summary>The beginning of such a device's path in the container; a number follows.</summary>
    public string DevicePath { get; init; } = "/dev/vfio/devices/vfio";

    /// <summary>The pattern of the key of the annotation that names a device.</summary>
    public string AnnotationKey { get; init; } = "^cdi\\.k8s\\.io/vfio[0-9]{1,5}$";

    /// <summary>The pattern of that annotation's value.</summary>
    public string AnnotationValue { get; init; } = "^nvidia\\.com/gpu=[0-9]+$";

    /// <summary>The agent's type of such a device.</summary>
    public string DeviceType { get; init; } = "vfio-pci-gk";

    /// <summary>Names of resources whose count is a count of such devices.</summary>
    public IReadOnlyList<string> ResourceKeys { get; init; } = ["nvidia.com/pgpu"];
}
