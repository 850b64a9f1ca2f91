using System.Globalization;
using Casemate.KataPolicy.Layers;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Derivation;

/// <summary>Derives devices: raw block volumes, and what is passed through by VFIO for a resource that the container limits.</summary>
internal static class DeviceParts
{
    private const int MaxDevices = 64;

    public static List<DevicePolicy> Of(ContainerSubject subject)
    {
        var devices = new List<DevicePolicy>();
        for (var i = PassedThrough(subject); i > 0; i--)
        {
            devices.Add(new DevicePolicy(subject.Profile.Vfio.DevicePath, subject.Profile.Vfio.DeviceType));
        }

        foreach (var device in subject.Spec?.VolumeDevices ?? [])
        {
            if (device.DevicePath.StartsWith(subject.Profile.Vfio.DevicePath, StringComparison.Ordinal))
            {
                subject.Error(
                    $"{device.Path}.devicePath", "paths of this form are of devices that are passed through", "Choose another path");
            }
            else if (!subject.Pod.Volumes.Any(volume => volume.Name == device.Name))
            {
                subject.Error(
                    $"{device.Path}.name", $"the pod has no volume '{Shown.Of(device.Name)}'",
                    "Add it to spec.volumes, or correct the name");
            }
            else
            {
                devices.Add(new DevicePolicy(device.DevicePath));
            }
        }

        if (subject.Spec is { Resources.Claims.IsEmpty: false } spec)
        {
            subject.Warning(
                spec.Resources.Path, "which devices a resource claim brings is known on the node only: the policy refuses them",
                "Limit a resource of the profile instead");
        }

        return devices;
    }

    /// <summary>How many devices are passed through to the container.</summary>
    public static int PassedThrough(ContainerSubject subject)
    {
        var count = 0;
        foreach (var limit in (subject.Spec?.Resources.Limits ?? []).Where(limit => subject.Profile.Vfio.ResourceKeys.Contains(limit.Name)))
        {
            if (int.TryParse(limit.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var devices)
                && devices <= MaxDevices - count)
            {
                count += devices;
            }
            else
            {
                subject.NoteOnce(
                    PolicyFinding.Error(limit.Path, $"'{Shown.Of(limit.Value)}' is not a number of devices", $"Write 0 to {MaxDevices}"));
            }
        }

        return count;
    }
}
