namespace Casemate.KataPolicy.Tests;

/// <summary>Policies written by hand: what a generator derives for small pods.</summary>
internal static class SamplePolicies
{
    internal const string Digest = "sha256:f07fff1d7544464a1041fc2b6be79873a335a3af8f0b747b82fa630287968d4d";

    private const string NameSuffix = "[bcdfghjklmnpqrstvwxz2456789]+";

    /// <summary>One container that the guest pulls, with a probe, volumes of every kind, a user and annotations.</summary>
    internal static PolicyData Web { get; } = Pod(
        ImageForm.GuestPull,
        App("web", ImageForm.GuestPull) with
        {
            ExecCommands = [["/bin/check", "--port=80"]],
            Storages = [Memory("cache"), BlockStorage],
        });

    /// <summary>Two init containers, a sidecar and two containers, with layers under dm-verity.</summary>
    internal static PolicyData Layered { get; } = Pod(
        ImageForm.HostTarfsVerity,
        App("first", ImageForm.HostTarfsVerity) with { Role = ContainerRole.Init },
        App("log", ImageForm.HostTarfsVerity) with { Role = ContainerRole.Sidecar },
        App("second", ImageForm.HostTarfsVerity) with { Role = ContainerRole.Init },
        App("web", ImageForm.HostTarfsVerity),
        App("db", ImageForm.HostTarfsVerity));

    /// <summary>As <see cref="Web"/>, with devices and without images that are bound.</summary>
    internal static PolicyData Devices { get; } = Pod(
        null,
        App("gpu", null) with
        {
            Devices = [new("/dev/vfio/", "vfio-pci-gk"), new("/dev/vfio/", "vfio-pci-gk"), new("/dev/fuse", "c")],
            RuntimeAnnotationPatterns = new Dictionary<string, string> { ["cdi\\.k8s\\.io/vfio[0-9]{1,5}"] = "nvidia\\.com/gpu=[0-9]+" },
            Storages = [Memory("cache"), BlockStorage],
        });

    internal static StoragePolicy BlockStorage => new()
    {
        Driver = "blk",
        DriverOptions = ["encryption_key=ephemeral,create_filesystem"],
        Fstype = "ext4",
        Options = ["discard"],
        MountPoint = "$(spath)/$(b64_device_id)",
        FsGroup = new FsGroupPolicy(2000),
        Shared = true,
    };

    internal static PolicyData Pod(ImageForm? form, params ContainerPolicy[] containers) => new()
    {
        Containers = [Pause(form),
        .. containers]
    };

    internal static StoragePolicy Memory(string name) => new()
    {
        Driver = "ephemeral",
        Source = "tmpfs",
        Fstype = "tmpfs",
        Options = ["fsgid=2000"],
        MountPoint = $"^/run/kata-containers/sandbox/ephemeral/{name}$",
    };

    internal static ContainerPolicy App(string name, ImageForm? form) => new()
    {
        Name = name,
        Role = ContainerRole.App,
        Image = form is { } one ? Image(name, one) : null,
        Oci = new OciPolicy
        {
            Process = new ProcessPolicy
            {
                User = new UserPolicy(1000, 3000) { AdditionalGids = [2000, 3000] },
                Args = ["/bin/serve", "--listen=:80", "--cost=$$5", "--pod=$(sandbox-name)"],
                Env =
                [
                    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=$(host-name)", "MODE=strict",
                    "POD_IP=$(pod-ip)", "WHO=$(sandbox-namespace)/$(sandbox-name)", "EMPTY=",
                ],
                Cwd = "/srv",
                Capabilities = new CapabilitiesPolicy { Bounding = ["CAP_KILL", "CAP_CHOWN"], Effective = ["CAP_KILL", "CAP_CHOWN"] },
                NoNewPrivileges = true,
            },
            Root = new RootPolicy(Readonly: true),
            Mounts =
            [
                .. Usual, new("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"]),
                new("/etc/hosts", "bind", "$(sfprefix)hosts$", ["rbind", "rprivate", "rw"]),
                new("/etc/resolv.conf", "bind", "$(sfprefix)resolv.conf$", ["rbind", "rprivate", "ro"]),
                new("/cache", "bind", "^/run/kata-containers/sandbox/ephemeral/cache$", ["rbind", "rprivate", "rw"]),
                new("/cache/config", "bind", "$(sfprefix)config$", ["rbind", "rprivate", "ro"]),
                .. form is ImageForm.HostTarfsVerity ? [] : new MountPolicy[] { new("/scratch", "bind", "", ["rbind", "rprivate", "rw"]) },
                new("/var/run/secrets/kubernetes.io/serviceaccount", "bind", "$(sfprefix)serviceaccount$", ["rbind", "rprivate", "ro"])
                {
                    Optional = true,
                },
            ],
            Annotations = new Dictionary<string, string>
            {
                ["io.katacontainers.pkg.oci.bundle_path"] = "/run/containerd/io.containerd.runtime.v2.task/k8s.io/$(bundle-id)",
                ["io.kubernetes.cri.sandbox-id"] = "^[a-z0-9]{64}$",
                ["io.kubernetes.cri.sandbox-name"] = $"^web-{NameSuffix}-{NameSuffix}$",
                ["io.kubernetes.cri.sandbox-namespace"] = "shop",
                ["example.com/tier"] = "front",
            },
            Linux = new LinuxPolicy
            {
                MaskedPaths = ["/proc/acpi", "/proc/kcore"],
                ReadonlyPaths = ["/proc/bus", "/proc/sys"],
                Sysctl = new Dictionary<string, string> { ["net.ipv4.ip_unprivileged_port_start"] = "0" },
            },
        },
    };

    private static MountPolicy[] Usual =>
    [
        new("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
        new("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        new("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        new("/dev/shm", "bind", "/run/kata-containers/sandbox/shm", ["rbind"]),
        new("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
    ];

    internal static ContainerImage Image(string name, ImageForm form) => new()
    {
        Reference = $"registry.example/{name}@{Digest}",
        ManifestDigest = Digest,
        ConfigDigest = "sha256:" + HonestRequests.Hex("config " + name),
        DiffIds = ["sha256:" + HonestRequests.Hex("diff 1 " + name), "sha256:" + HonestRequests.Hex("diff 2 " + name)],
        Layers = form is ImageForm.GuestPull ? [] :
        [
            new(HonestRequests.Hex("chain 2 " + name), HonestRequests.Hex("root 2 " + name)),
            new(HonestRequests.Hex("chain 1 " + name), HonestRequests.Hex("root 1 " + name)),
        ],
        Form = form,
    };

    private static ContainerPolicy Pause(ImageForm? form) => new()
    {
        Name = "pause",
        Role = ContainerRole.Pause,
        Image = form is { } one ? Image("pause", one) : null,
        Oci = new OciPolicy
        {
            Process = new ProcessPolicy
            {
                User = new UserPolicy(65535, 65535) { AdditionalGids = [65535] },
                Args = ["/pause"],
                Env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
                NoNewPrivileges = true,
            },
            Root = new RootPolicy(Readonly: true),
            Mounts =
            [
                .. Usual,
                new("/etc/resolv.conf", "bind", "$(sfprefix)resolv.conf$", ["rbind", "ro", "nosuid", "nodev", "noexec"]),
            ],
            Annotations = new Dictionary<string, string>
            {
                ["io.katacontainers.pkg.oci.bundle_path"] = "/run/containerd/io.containerd.runtime.v2.task/k8s.io/$(bundle-id)",
                ["io.kubernetes.cri.sandbox-id"] = "^[a-z0-9]{64}$",
                ["io.kubernetes.cri.sandbox-name"] = $"^web-{NameSuffix}-{NameSuffix}$",
                ["io.kubernetes.cri.sandbox-namespace"] = "shop",
                ["io.kubernetes.cri.sandbox-log-directory"] =
                    "^/var/log/pods/$(sandbox-namespace)_$(sandbox-name)_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
                ["nerdctl/network-namespace"] =
                    "^/var/run/netns/cni-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
                ["example.com/tier"] = "front",
            },
            Linux = new LinuxPolicy { MaskedPaths = ["/proc/acpi", "/proc/kcore"], ReadonlyPaths = ["/proc/bus"] },
        },
    };
}
