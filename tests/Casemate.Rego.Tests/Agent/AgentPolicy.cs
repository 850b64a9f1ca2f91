using System.Text.Json.Nodes;

namespace Casemate.Rego.Tests.Agent;

/// <summary>
/// A policy in the shape that the agent of Kata Containers gets, with made-up containers, and requests that it allows. The rules are in
/// <c>agent.rego</c>, an embedded resource; the data is generated to the size wanted.
/// </summary>
public static class AgentPolicy
{
    public const string BundleId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const int Containers = 5;
    private const string SandboxId = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

    /// <summary>A policy of about 60 kB: five containers, each with 24 mounts and 32 variables.</summary>
    public static string Text()
    {
        using var stream = typeof(AgentPolicy).Assembly.GetManifestResourceStream("agent.rego")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd() + "\npolicy_data := " + Data().ToJsonString(new System.Text.Json.JsonSerializerOptions
        {
            WriteIndented = true,
            TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
        }) + "\n";
    }

    /// <summary>The request of one container that the policy allows.</summary>
    public static JsonObject Request(int container, string bundleId = BundleId)
    {
        var policy = Container(container);
        var oci = policy["OCI"]!.AsObject();
        oci["Root"]!["Path"] = $"/run/kata-containers/{bundleId}/rootfs";
        oci["Hooks"] = null;
        oci["Annotations"]!["io.kubernetes.cri.sandbox-id"] = SandboxId;
        oci["Annotations"]!["io.kubernetes.cri.sandbox-name"] = "shop-7d4c9-x2x4z";
        var process = oci["Process"]!.AsObject();
        process["SelinuxLabel"] = "";
        process["Args"]![1] = "--pod=shop-7d4c9-x2x4z";
        process["Env"]!.AsArray().Add("SHOP_PORT_80_TCP=tcp://10.0.12.7:80");
        process["Env"]!.AsArray().Add("SHOP_SERVICE_HOST=10.0.12.7");
        foreach (var set in (string[])["Bounding", "Effective", "Permitted"])
        {
            process["Capabilities"]![set] = new JsonArray([.. DefaultCapabilities.Select(name => JsonValue.Create(name))]);
        }

        foreach (var mount in oci["Mounts"]!.AsArray().Skip(6))
        {
            mount!["source"] = $"/run/kata-containers/shared/containers/{bundleId}-0011223344556677-{mount["destination"]!.GetValue<string>().Split('/')[^1]}";
        }

        var linux = oci["Linux"]!.AsObject();
        linux["Seccomp"] = null;
        linux["Namespaces"]!.AsArray().Add(new JsonObject { ["Path"] = "/var/run/netns/cni-1", ["Type"] = "network" });
        return new JsonObject
        {
            ["container_id"] = $"c{container}-{bundleId}",
            ["OCI"] = policy["OCI"]!.DeepClone(),
            ["storages"] = policy["storages"]!.DeepClone(),
            ["devices"] = new JsonArray(),
            ["shared_mounts"] = new JsonArray(),
            ["sandbox_pidns"] = false,
            ["string_user"] = null,
        };
    }

    private static readonly string[] DefaultCapabilities =
        ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID", "CAP_KILL",
            "CAP_AUDIT_WRITE"];

    private static JsonObject Data() => new()
    {
        ["containers"] = new JsonArray([.. Enumerable.Range(0, Containers).Select(Container)]),
        ["common"] = new JsonObject
        {
            ["cpath"] = "/run/kata-containers/shared/containers(?:/passthrough)?",
            ["root_path"] = "^/run/kata-containers/([0-9a-f]{64}|[a-z0-9][a-z0-9.-]*)/rootfs$",
            ["sfprefix"] = "^$(cpath)/(?:watchable/)?$(bundle-id)-[a-z0-9]{16}-",
            ["ipv4_a"] = "(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])",
            ["ip_p"] = "[0-9]{1,5}",
            ["default_caps"] = new JsonArray([.. DefaultCapabilities.Select(name => JsonValue.Create(name))]),
        },
        ["request_defaults"] = new JsonObject
        {
            ["CreateContainerRequest"] = new JsonObject
            {
                ["allow_env_regex"] = new JsonArray(
                    "^HOSTNAME=[a-z0-9.-]+$", "^[A-Z0-9_]+_SERVICE_HOST=$(ipv4_a)$", "^[A-Z0-9_]+_SERVICE_PORT=$(ip_p)$",
                    "^[A-Z0-9_]+_PORT=tcp://$(ipv4_a):$(ip_p)$", "^[A-Z0-9_]+_PORT_[0-9]{1,5}_TCP=tcp://$(ipv4_a):$(ip_p)$",
                        "^TERM=xterm$"),
            },
            ["CopyFileRequest"] = new JsonArray("$(sfprefix)"),
        },
    };

    private static JsonObject Container(int index)
    {
        var mounts = new JsonArray();
        foreach (var name in (string[])["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys"])
        {
            mounts.Add(Mount(name, name == "/proc" ? "proc" : "tmpfs", name == "/proc" ? "proc" : "tmpfs"));
        }

        for (var i = 0; i < 18; i++)
        {
            mounts.Add(Mount($"/etc/application-{index}/volume-{i}", "bind", $"$(sfprefix)volume-{i}$"));
        }

        return new JsonObject
        {
            ["OCI"] = new JsonObject
            {
                ["Version"] = "1.1.0",
                ["Root"] = new JsonObject { ["Path"] = "$(root_path)", ["Readonly"] = true },
                ["Mounts"] = mounts,
                ["Annotations"] = new JsonObject
                {
                    ["io.kubernetes.cri.container-name"] = $"application-{index}",
                    ["io.kubernetes.cri.container-type"] = "container",
                    ["io.kubernetes.cri.sandbox-id"] = "^[a-z0-9]{64}$",
                    ["io.kubernetes.cri.sandbox-name"] = "^shop-[bcdfghjklmnpqrstvwxz2456789]+-[bcdfghjklmnpqrstvwxz2456789]+$",
                },
                ["Process"] = new JsonObject
                {
                    ["Terminal"] = false,
                    ["User"] = new JsonObject { ["UID"] = 1000 + index, ["GID"] = 1000, ["AdditionalGids"] = new JsonArray(1000, 2000) },
                    ["Args"] = new JsonArray($"/usr/bin/application-{index}", "--pod=$(sandbox-name)", "--listen=0.0.0.0:8080"),
                    ["Env"] = new JsonArray([.. Enumerable.Range(0, 32)
                        .Select(i => JsonValue.Create($"APPLICATION_{index}_SETTING_{i}=the value of setting number {i}"))]),
                    ["Cwd"] = "/",
                    ["NoNewPrivileges"] = true,
                    ["Capabilities"] = new JsonObject
                    {
                        ["Bounding"] = new JsonArray("$(default_caps)"),
                        ["Effective"] = new JsonArray("$(default_caps)"),
                        ["Permitted"] = new JsonArray("$(default_caps)"),
                    },
                },
                ["Linux"] = new JsonObject
                {
                    ["Namespaces"] = new JsonArray([.. new[] { "ipc", "uts", "mnt" }.Select(type =>
                        new JsonObject { ["Path"] = "", ["Type"] = type })]),
                    ["MaskedPaths"] = new JsonArray("/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                        "/proc/scsi", "/sys/firmware"),
                    ["ReadonlyPaths"] = new JsonArray("/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                        "/proc/sysrq-trigger"),
                    ["Sysctl"] = new JsonObject { ["net.ipv4.ip_unprivileged_port_start"] = "0" },
                },
            },
            ["storages"] = new JsonArray([.. Enumerable.Range(0, 4).Select(i => Storage(index, i))]),
            ["sandbox_pidns"] = false,
            ["exec_commands"] = new JsonArray(new JsonArray("/bin/grpc_health_probe", $"-addr=:{8000 + index}")),
        };
    }

    private static JsonObject Mount(string destination, string type, string source) => new()
    {
        ["destination"] = destination,
        ["source"] = source,
        ["type_"] = type,
        ["options"] = new JsonArray("rbind", "rprivate", "ro"),
    };

    private static JsonObject Storage(int container, int index) => new()
    {
        ["driver"] = "blk",
        ["driver_options"] = new JsonArray(),
        ["source"] = "",
        ["fstype"] = "tar",
        ["options"] = new JsonArray($"{container:x2}{index:x2}{new string((char)('a' + index), 60)}"),
        ["mount_point"] = "",
        ["fs_group"] = null,
    };
}
