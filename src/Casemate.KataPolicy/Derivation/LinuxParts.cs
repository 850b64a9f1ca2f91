namespace Casemate.KataPolicy.Derivation;

/// <summary>
/// Derives namespaces, masked paths, kernel parameters and device nodes. Sources: containerd pkg/oci/spec_opts.go; the profile.
/// </summary>
internal static class LinuxParts
{
    // A runtime may mask more: later ones do.
    private static readonly string[] s_masked =
    [
        "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
        "/proc/scsi", "/sys/firmware",
    ];

    private static readonly string[] s_readonly = ["/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
        "/proc/sysrq-trigger"];

    public static LinuxPolicy Of(ContainerSubject subject, IEnumerable<string> devices)
    {
        var open = subject.IsPrivileged || subject.Spec?.SecurityContext.ProcMount is "Unmasked";
        var sysctl = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in subject.Kind.Sysctl)
        {
            sysctl[name] = value;
        }

        foreach (var own in subject.Pod.SecurityContext.Sysctls)
        {
            // Both forms of a name are one parameter.
            sysctl[own.Name.Replace('/', '.')] = own.Value;
        }

        return new LinuxPolicy
        {
            Namespaces = subject.IsPause && subject.Pod.HostNetwork ? [new("ipc"), new("mount")] : [new("ipc"), new("uts"), new("mount")],
            MaskedPaths = open ? [] : Or(subject.Kind.MaskedPaths, s_masked),
            ReadonlyPaths = open ? [] : Or(subject.Kind.ReadonlyPaths, s_readonly),
            Sysctl = sysctl,
            Devices = [.. devices, .. subject.Kind.Devices],
        };
    }

    private static IReadOnlyList<string> Or(IReadOnlyList<string> chosen, string[] usual) => chosen.Count > 0 ? chosen : usual;
}
