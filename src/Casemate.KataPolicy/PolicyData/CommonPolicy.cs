namespace Casemate.KataPolicy;

/// <summary>Paths, patterns and lists that several rules share. The defaults are those of current Kata.</summary>
public sealed record CommonPolicy
{
    /// <summary>Pattern of the directory that is shared with the host.</summary>
    public string Cpath { get; init; } = "/run/kata-containers/shared/containers(?:/passthrough)?";

    /// <summary>Where the root file system of a container stands, <c>$(root_path)</c>.</summary>
    public string RootPath { get; init; } = "/run/kata-containers/$(bundle-id)/rootfs";

    /// <summary>Pattern of the beginning of a path that is shared into a container.</summary>
    public string SfPrefix { get; init; } = "^$(cpath)/(watchable/)?$(bundle-id)-[a-z0-9]{16}-";

    /// <summary>The directory of block volumes.</summary>
    public string Spath { get; init; } = "/run/kata-containers/sandbox/storage";

    /// <summary>Pattern of an IPv4 address.</summary>
    public string Ipv4Address { get; init; } =
        "(([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])\\.){3}([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])";

    /// <summary>Pattern of the number of a port.</summary>
    public string PortNumber { get; init; } = "[0-9]{1,5}";

    /// <summary>Pattern of a service's name as it stands in variables.</summary>
    public string ServiceNameDownwardEnv { get; init; } = "[A-Z](?:[A-Z0-9_]{0,61}[A-Z0-9])?";

    /// <summary>Pattern of a DNS label.</summary>
    public string DnsLabel { get; init; } = "[a-zA-Z0-9_\\.\\-]+";

    /// <summary>What <c>$(default_caps)</c> stands for.</summary>
    public IReadOnlyList<string> DefaultCaps { get; init; } =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP",
        "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ];

    /// <summary>What <c>$(privileged_caps)</c> stands for. Written only when a container is privileged.</summary>
    public IReadOnlyList<string> PrivilegedCaps { get; init; } =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK",
        "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN",
        "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE",
        "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
        "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ];

    /// <summary>Versions of the OCI specification that runtimes of this profile write. Casemate's own, beside each container's.</summary>
    public IReadOnlyList<string> OciVersions { get; init; } = ["1.1.0", "1.2.0", "1.2.1", "1.3.0"];

    /// <summary>The snapshotter's directory of layers on the host, as overlay storages name it. Casemate's own.</summary>
    public string LayerSourcePrefix { get; init; } = "/var/lib/containerd/io.containerd.snapshotter.v1.tardev/layers";
}
