using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Casemate.KataPolicy.Settings;

/// <summary>
/// The profiles that need no settings file. Their values are facts of Kata Containers, containerd and AKS; each profile names its sources.
/// </summary>
public static class BuiltInProfiles
{
    /// <summary>The pause image unless a profile or a settings file names another.</summary>
    public const string PauseImage = "mcr.microsoft.com/oss/kubernetes/pause:3.6";

    internal static readonly string[] Destinations =
    [
        "/sys/fs/cgroup", "/etc/hosts", "/dev/termination-log", "/etc/hostname", "/etc/resolv.conf", "/dev/shm",
        "/var/run/secrets/kubernetes.io/serviceaccount", "/var/run/secrets/azure/tokens",
    ];

    internal static readonly VolumeProfile SharedEmptyDir = new("bind", "^$(cpath)/sandbox-[0-9a-f]{16}-", "", "", "", "", []);

    internal static readonly VolumeProfile MemoryEmptyDir = new(
        "bind", "^/run/kata-containers/sandbox/ephemeral/", "^/run/kata-containers/sandbox/ephemeral/", "ephemeral", "tmpfs", "tmpfs", []);

    internal static readonly VolumeProfile ConfigMap = new(
        "bind", "$(sfprefix)", "$(sfprefix)", "local", "", "bind", ["rbind", "rprivate", "ro"]);

    internal static readonly VolumeProfile ImageVolume = new("bind", "$(sfprefix)", "", "", "", "bind", ["rbind", "rprivate", "rw"]);

    private const string Uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
    private const string BundlePath = "/run/containerd/io.containerd.runtime.v2.task/k8s.io/$(bundle-id)";
    private const string SandboxId = "^[a-z0-9]{64}$";
    private const string Shm = "/run/kata-containers/sandbox/shm";

    private static readonly ImmutableSortedDictionary<string, string> s_sysctl = Sorted(
        ("net.ipv4.ip_unprivileged_port_start", "0"), ("net.ipv4.ping_group_range", "0 2147483647"));

    internal static readonly ContainerProfile PauseContainer = new()
    {
        RootReadonly = true,
        Mounts =
        [
            new("/dev/shm", "bind", Shm, ["rbind"]),
            new("/etc/resolv.conf", "bind", "", ["rbind", "ro", "nosuid", "nodev", "noexec"]),
        ],
        Annotations = Sorted(
            ("io.katacontainers.pkg.oci.bundle_path", BundlePath), ("io.katacontainers.pkg.oci.container_type", "pod_sandbox"),
            ("io.kubernetes.cri.container-type", "sandbox"), ("io.kubernetes.cri.sandbox-id", SandboxId),
            ("io.kubernetes.cri.sandbox-log-directory", $"^/var/log/pods/$(sandbox-namespace)_$(sandbox-name)_{Uuid}$")),
        Args = ["/pause"],
        NoNewPrivileges = true,
        MaskedPaths =
        [
            "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
            "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
        ],
        ReadonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        Sysctl = s_sysctl,
    };

    internal static readonly ContainerProfile WorkloadContainer = new()
    {
        Mounts =
        [
            new("/etc/hosts", "bind", "", ["rbind", "rprivate", "rw"]),
            new("/dev/termination-log", "bind", "", ["rbind", "rprivate", "rw"]),
            new("/etc/hostname", "bind", "", ["rbind", "rprivate"]),
            new("/etc/resolv.conf", "bind", "", ["rbind", "rprivate"]),
            new("/dev/shm", "bind", Shm, ["rbind"]),
            new("/var/run/secrets/kubernetes.io/serviceaccount", "bind", "", ["rbind", "rprivate", "ro"]) { Optional = true },
            new("/var/run/secrets/azure/tokens", "bind", "$(sfprefix)tokens$", ["rbind", "rprivate", "ro"]) { Optional = true },
        ],
        Annotations = Sorted(
            ("io.katacontainers.pkg.oci.bundle_path", BundlePath), ("io.katacontainers.pkg.oci.container_type", "pod_container"),
            ("io.kubernetes.cri.container-type", "container"), ("io.kubernetes.cri.sandbox-id", SandboxId)),
        Sysctl = s_sysctl,
    };

    private static readonly string[] s_kataSources =
    [
        "kata-containers/kata-containers: src/tools/genpolicy/genpolicy-settings.json, src/runtime/virtcontainers/kata_agent.go",
        "containerd/containerd: pkg/oci/spec.go, internal/cri/server/container_create_linux.go",
    ];

    private static readonly string[] s_azureVariables =
    [
        "^AZURE_CLIENT_ID=[A-Fa-f0-9-]*$", "^AZURE_TENANT_ID=[A-Fa-f0-9-]*$",
        "^AZURE_FEDERATED_TOKEN_FILE=/var/run/secrets/azure/tokens/azure-identity-token$",
        "^AZURE_AUTHORITY_HOST=https://login\\.microsoftonline\\.com/$",
    ];

    private static readonly RequestDefaults s_requests = new()
    {
        CreateContainer = new()
        {
            AllowEnvRegex =
            [
                .. new CreateContainerDefaults().AllowEnvRegex, .. s_azureVariables, "^JOB_COMPLETION_INDEX=[0-9]{1,10}$", "^TERM=xterm$",
            ],
            CgroupMountExtrasAllowed = ["nsdelegate", "memory_recursiveprot"],
        },
    };

    /// <summary>Kata on SEV-SNP: the guest pulls images by digest and encrypts its scratch volumes.</summary>
    public static RuntimeProfile KataSnp { get; } = new()
    {
        Name = "kata-snp",
        Description = "Kata Containers on AMD SEV-SNP; the guest pulls images by digest",
        Sources = s_kataSources,
        ImageForm = KataPolicy.ImageForm.GuestPull,
        RequestDefaults = s_requests,
    };

    /// <summary>Kata on TDX: as <see cref="KataSnp"/>.</summary>
    public static RuntimeProfile KataTdx { get; } = KataSnp with
    {
        Name = "kata-tdx",
        Description = "Kata Containers on Intel TDX; the guest pulls images by digest",
    };

    /// <summary>Confidential containers of AKS: the host attaches layers as tar files under dm-verity.</summary>
    public static RuntimeProfile Aks { get; } = KataSnp with
    {
        Name = "aks",
        Description = "Confidential containers of AKS; the host attaches each layer under dm-verity",
        Sources =
        [
            "microsoft/kata-containers: src/tools/genpolicy/genpolicy-settings.json, src/tarfs-cvm, src/tardev-snapshotter",
            .. s_kataSources,
        ],
        ImageForm = KataPolicy.ImageForm.HostTarfsVerity,
        EmptyDirForm = EmptyDirForm.Local,
        EmptyDir = new(
            "local", "^$(cpath)/$(sandbox-id)/local/", "^$(cpath)/$(sandbox-id)/local/", "local", "local", "local", ["mode=0777"]),
        Common = new()
        {
            RootPath = "$(cpath)/$(bundle-id)",
            Cpath = "/run/kata-containers/shared/containers",
            SfPrefix = "^$(cpath)/$(bundle-id)-[a-z0-9]{16}-",
            OciVersions = ["1.1.0", "1.1.0-rc.1", "1.2.0", "1.2.1", "1.3.0"],
        },
    };

    /// <summary>
    /// Kata without confidential computing: the host mounts images and volumes, and the policy cannot bind their content.
    /// </summary>
    public static RuntimeProfile Kata { get; } = KataSnp with
    {
        Name = "kata",
        Description = "Kata Containers without confidential computing; the host shares images and volumes, and nothing binds their content",
        ImageForm = null,
        EmptyDirForm = EmptyDirForm.SharedFs,
        ConfigMapStorages = true,
        ConfigMap = ConfigMap with { Driver = "watchable-bind", MountPoint = "^$(cpath)/watchable/$(bundle-id)-[a-z0-9]{16}-" },
        Common = new() { RootPath = "$(cpath)/$(bundle-id)/rootfs" },
        RequestDefaults = s_requests with { UpdateEphemeralMounts = true },
        Sandbox = new()
        {
            Storages =
            [
                .. new SandboxPolicy().Storages,
                new() { Driver = "virtio-fs", Source = "kataShared", Fstype = "virtiofs",
                    MountPoint = "/run/kata-containers/shared/containers/" },
            ],
        },
    };

    /// <summary>All of them, the default first.</summary>
    public static ImmutableArray<RuntimeProfile> All { get; } = [KataSnp, KataTdx, Aks, Kata];

    /// <summary>The profile that is used unless another is asked for.</summary>
    public static RuntimeProfile Default => KataSnp;

    /// <summary>Finds a profile by its name, in whatever case.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out RuntimeProfile? profile)
    {
        profile = All.FirstOrDefault(known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        return profile is not null;
    }

    internal static ImmutableSortedDictionary<string, string> Sorted(params ReadOnlySpan<(string Name, string Value)> entries)
    {
        var sorted = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in entries)
        {
            sorted.Add(name, value);
        }

        return sorted.ToImmutable();
    }
}
