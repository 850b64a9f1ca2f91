using Casemate.KataPolicy;

/// <summary>A policy of about 60 kB as a generator makes it: three containers and the pause container, with 25 mounts and 33 variables each.</summary>
internal static class BenchPolicy
{
    internal static PolicyData Data { get; } = new() { Containers = [Container(0), .. Enumerable.Range(1, 3).Select(Container)] };

    private static ContainerPolicy Container(int number)
    {
        var isPause = number == 0;
        var digest = "sha256:" + new string((char)('a' + number), 64);
        return new ContainerPolicy
        {
            Name = isPause ? "pause" : $"app-{number}",
            Role = isPause ? ContainerRole.Pause : ContainerRole.App,
            Image = new ContainerImage
            {
                Reference = $"registry.example/app-{number}@{digest}",
                ManifestDigest = digest,
                ConfigDigest = digest,
                DiffIds = [digest, digest],
                Form = ImageForm.GuestPull,
            },
            Oci = new OciPolicy
            {
                Process = new ProcessPolicy
                {
                    User = new UserPolicy(1000, 1000) { AdditionalGids = [1000, 2000] },
                    Args = ["/usr/bin/app", "--listen=:8080", "--name=$(sandbox-name)", $"--number={number}"],
                    Env =
                    [
                        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=$(host-name)", "POD_IP=$(pod-ip)",
                        .. Enumerable.Range(0, 30).Select(i => $"APPLICATION_SETTING_{i}=a value of ordinary length for setting {i}"),
                    ],
                },
                Mounts =
                [
                    new("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
                    new("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
                    new("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
                    new("/dev/shm", "bind", "/run/kata-containers/sandbox/shm", ["rbind"]),
                    new("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
                    new("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
                    new("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"]),
                    new("/etc/hosts", "bind", "$(sfprefix)hosts$", ["rbind", "rprivate", "rw"]),
                    new("/etc/resolv.conf", "bind", "$(sfprefix)resolv\\.conf$", ["rbind", "rprivate", "rw"]),
                    new("/dev/termination-log", "bind", "$(sfprefix)termination-log$", ["rbind", "rprivate", "rw"]),
                    .. Enumerable.Range(0, 15).Select(i => new MountPolicy($"/volumes/{i}", "bind", $"$(sfprefix){i}$", ["rbind",
                        "rprivate", "ro"])),
                ],
                Annotations = new Dictionary<string, string>
                {
                    ["io.katacontainers.pkg.oci.bundle_path"] = "/run/containerd/io.containerd.runtime.v2.task/k8s.io/$(bundle-id)",
                    ["io.kubernetes.cri.sandbox-id"] = "^[a-z0-9]{64}$",
                    ["io.kubernetes.cri.sandbox-name"] = "^app-[bcdfghjklmnpqrstvwxz2456789]+-[bcdfghjklmnpqrstvwxz2456789]+$",
                    ["io.kubernetes.cri.sandbox-namespace"] = "default",
                },
                Linux = new LinuxPolicy
                {
                    MaskedPaths =
                    [
                        "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
                        "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
                    ],
                    ReadonlyPaths = ["/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
                },
            },
        };
    }
}
