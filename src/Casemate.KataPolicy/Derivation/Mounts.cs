using System.Collections.Immutable;
using Casemate.KataPolicy.Layers;

namespace Casemate.KataPolicy.Derivation;

/// <summary>
/// Derives the mounts of a container that its pod does not name: containerd's own, the runtime's, and the image's volumes.
/// Sources: containerd pkg/oci/mounts.go; the profile.
/// </summary>
internal static class Mounts
{
    private const string TerminationLog = "/dev/termination-log";
    private const string ServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

    private static readonly ImmutableArray<MountPolicy> s_containerd =
    [
        new("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
        new("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        new("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        new("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
        new("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
        new("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev"]),
        new("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime"]),
    ];

    /// <summary>The mounts before those of the pod's volumes.</summary>
    public static MountList Of(ContainerSubject subject)
    {
        var list = new MountList();
        var privileged = subject.IsPrivileged
            || (subject.IsPause && subject.Pod.AllContainers.Any(container => container.SecurityContext.Privileged));
        foreach (var mount in s_containerd)
        {
            if (subject.IsPause && mount.Type is "cgroup")
            {
                continue;
            }

            list.Add(mount.Type is "sysfs" or "cgroup" ? mount with { Options = [.. mount.Options, privileged ? "rw" : "ro"] } : mount);
        }

        foreach (var mount in subject.Kind.Mounts.Where(mount => IsKept(subject, mount)))
        {
            AddSetting(subject, list, mount);
        }

        return list;
    }

    /// <summary>Adds the image's volumes where the pod mounts nothing.</summary>
    public static void AddImageVolumes(ContainerSubject subject, MountList list)
    {
        var profile = subject.Profile.ImageVolume;
        foreach (var volume in subject.Start.Volumes)
        {
            var destination = volume;
            while (destination.Contains("//", StringComparison.Ordinal))
            {
                destination = destination.Replace("//", "/", StringComparison.Ordinal);
            }

            var name = MountList.BaseName(destination);
            if (name.Contains(PolicyText.Opening, StringComparison.Ordinal))
            {
                subject.Error(
                    $"{subject.Path}.image", $"the image's volume '{Shown.Of(destination)}' holds '{PolicyText.Opening}', which begins a placeholder in policies",
                    "Correct the image");
            }
            else if (name.Length > 0 && list.Find(destination) is null)
            {
                list.Add(
                    new MountPolicy(destination, profile.MountType, $"{profile.MountSource}{RegexText.Literal(name)}$", profile.Options));
            }
        }
    }

    private static bool IsKept(ContainerSubject subject, MountPolicy mount) =>
        (mount.Destination is not ServiceAccount || subject.Pod.AutomountServiceAccountToken is not false)
        && (subject.Profile.MountDestinations.Contains(mount.Destination)
            || (subject.Spec?.VolumeMounts.Any(own => own.MountPath == mount.Destination) ?? false));

    private static void AddSetting(ContainerSubject subject, MountList list, MountPolicy setting)
    {
        var mount = setting.Destination is TerminationLog && subject.Spec?.TerminationMessagePath is { Length: > 0 } path
            ? setting with { Destination = path }
            : setting;
        if (mount.Source.Length == 0 && mount.Type is "bind")
        {
            mount = mount with { Source = $"$(sfprefix){RegexText.Literal(MountList.BaseName(mount.Destination))}$" };
        }

        if (list.Find(mount.Destination) is null && !subject.IsPause && setting.Destination is "/etc/hostname" or "/etc/resolv.conf"
            && !setting.Options.Contains("ro") && !setting.Options.Contains("rw"))
        {
            mount = mount with
            {
                Options = [.. mount.Options, subject.Spec is { SecurityContext.ReadOnlyRootFilesystem: true } ? "ro"
                : "rw"]
            };
        }

        list.Put(mount);
    }
}
