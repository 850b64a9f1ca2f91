using System.Text;
using System.Text.Json.Nodes;

namespace Casemate.KataPolicy;

/// <summary>One imagined pod of a policy: its names, identifiers and addresses, and the requests made of them.</summary>
internal sealed class HonestPod
{
    private const string Address = "10.244.0.14";
    private const string Uid = "9c64c5bf-298f-46c4-ad63-e2270a2ff44c";

    private readonly PolicyData _data;

    internal HonestPod(PolicyData data)
    {
        _data = data;
        SandboxId = Id(0);
        Name = PatternSample.Of(data.Containers[0].Oci.Annotations.GetValueOrDefault("io.kubernetes.cri.sandbox-name", "pod"));
        Namespace = data.Containers[0].Oci.Annotations.GetValueOrDefault("io.kubernetes.cri.sandbox-namespace", "") is { Length: > 0 } one
            ? one : "default";
    }

    internal string Name { get; }

    internal string Namespace { get; }

    internal string SandboxId { get; }

    internal string Id(int container) => HonestRequests.Hex($"{container} {_data.Containers[container].Name}");

    /// <summary>A path of the policy with the container's identifiers and one text for each pattern in it.</summary>
    internal string Filled(int container, string path)
    {
        var isPattern = path.StartsWith('^') || path.Contains("$(sfprefix)", StringComparison.Ordinal)
            || path.Contains("$(cpath)", StringComparison.Ordinal);
        var filled = path.Replace("$(root_path)", _data.Common.RootPath, StringComparison.Ordinal)
            .Replace("$(sfprefix)", _data.Common.SfPrefix, StringComparison.Ordinal)
            .Replace("$(cpath)", _data.Common.Cpath, StringComparison.Ordinal)
            .Replace("$(bundle-id)", Id(container), StringComparison.Ordinal)
            .Replace("$(sandbox-id)", SandboxId, StringComparison.Ordinal);
        return isPattern || path == "$(root_path)" ? PatternSample.Of(filled) : filled;
    }

    /// <summary>An argument or variable of the policy with one text for each placeholder in it.</summary>
    internal string Text(string text) => text.Replace("$$", "\u0001", StringComparison.Ordinal)
        .Replace("$(sandbox-name)", Name, StringComparison.Ordinal)
        .Replace("$(sandbox-namespace)", Namespace, StringComparison.Ordinal)
        .Replace("$(host-name)", Name, StringComparison.Ordinal)
        .Replace("$(node-name)", "node-1", StringComparison.Ordinal)
        .Replace("$(pod-ip)", Address, StringComparison.Ordinal)
        .Replace("$(host-ip)", "10.0.0.4", StringComparison.Ordinal)
        .Replace("$(pod-uid)", Uid, StringComparison.Ordinal)
        .Replace("$(resource-field)", "1", StringComparison.Ordinal)
        .Replace("$(todo-annotation)", "annotation", StringComparison.Ordinal)
        .Replace('\u0001', '$');

    internal JsonNode Storage(StoragePolicy storage) => Storage(storage, storage.Source, storage.MountPoint);

    internal JsonObject Create(int index)
    {
        var container = _data.Containers[index];
        var storages = Storages(index, out var blocks);
        var oci = new JsonObject
        {
            ["Version"] = container.Oci.Version,
            ["Process"] = Process(container, container.Oci.Process.Args, container.Oci.Process.Terminal, capabilities: true),
            ["Root"] = new JsonObject { ["Path"] = Filled(index, container.Oci.Root.Path), ["Readonly"] = container.Oci.Root.Readonly },
            ["Hostname"] = index == 0 ? Name : "",
            ["Mounts"] = new JsonArray([.. Mounts(index, blocks)]),
            ["Annotations"] = Annotations(index),
            ["Linux"] = Linux(container),
        };
        return new JsonObject
        {
            ["container_id"] = Id(index),
            ["exec_id"] = Id(index),
            ["devices"] = new JsonArray([.. container.Devices.Select((device, i) => Device(device, i))]),
            ["storages"] = storages,
            ["OCI"] = oci,
            ["sandbox_pidns"] = container.SandboxPidns,
        };
    }

    internal JsonObject Exec(int index, IReadOnlyList<string> command) => new()
    {
        ["container_id"] = Id(index),
        ["exec_id"] = HonestRequests.Hex($"exec {string.Join(' ', command)}"),
        ["process"] = Process(_data.Containers[index], command, terminal: false, capabilities: false),
    };

    private static JsonArray Strings(IEnumerable<string> items) => [.. items.Select(item => (JsonNode)item)];

    private static JsonObject Storage(StoragePolicy storage, string source, string point) => new()
    {
        ["driver"] = storage.Driver,
        ["driver_options"] = Strings(storage.DriverOptions),
        ["source"] = source,
        ["fstype"] = storage.Fstype,
        ["options"] = Strings(storage.Options),
        ["mount_point"] = point,
        ["fs_group"] = storage.FsGroup is { } group
            ? new JsonObject { ["group_id"] = group.GroupId, ["group_change_policy"] = group.GroupChangePolicy } : null,
        ["shared"] = storage.Shared,
    };

    private static JsonObject Device(DevicePolicy device, int number)
    {
        var isVfio = device.ContainerPath.StartsWith("/dev/vfio/", StringComparison.Ordinal);
        return new JsonObject
        {
            ["id"] = isVfio ? $"vfio{number}" : "",
            ["type_"] = device.Type.Length == 0 ? "blk" : device.Type,
            ["vm_path"] = device.VmPath,
            ["container_path"] = isVfio ? $"/dev/vfio/devices/vfio{number}" : device.ContainerPath,
            ["options"] = isVfio ? new JsonArray($"0000:{number + 0x40:x2}:00.0=02/{number:x2}") : new JsonArray(),
        };
    }

    private JsonObject Process(ContainerPolicy container, IEnumerable<string> args, bool terminal, bool capabilities)
    {
        var process = container.Oci.Process;
        var env = process.Env.Select(Text).ToList();
        if (container.Role is not ContainerRole.Pause && !_data.RequestDefaults.CreateContainer.AllowEnvRegex.Contains("nothing"))
        {
            env.AddRange(ClusterVariables().Where(variable => !env.Any(one => one.Split('=')[0] == variable.Split('=')[0])));
        }

        return new JsonObject
        {
            ["Terminal"] = terminal,
            ["User"] = new JsonObject
            {
                ["UID"] = process.User.Uid,
                ["GID"] = process.User.Gid,
                ["AdditionalGids"] = new JsonArray([.. process.User.AdditionalGids.Select(gid => (JsonNode)gid)]),
            },
            ["Args"] = Strings(args.Select(Text)),
            ["Env"] = Strings(env),
            ["Cwd"] = process.Cwd,
            ["Capabilities"] = !capabilities ? null : new JsonObject
            {
                ["Bounding"] = Strings(Caps(process.Capabilities.Bounding)),
                ["Effective"] = Strings(Caps(process.Capabilities.Effective)),
                ["Inheritable"] = Strings(Caps(process.Capabilities.Inheritable)),
                ["Permitted"] = Strings(Caps(process.Capabilities.Permitted)),
                ["Ambient"] = Strings(Caps(process.Capabilities.Ambient)),
            },
            ["NoNewPrivileges"] = process.NoNewPrivileges,
            ["OOMScoreAdj"] = 1000,
        };
    }

    // What the kubelet adds for the service of the API server, as far as the policy lets it.
    private IEnumerable<string> ClusterVariables()
    {
        if (!_data.RequestDefaults.CreateContainer.AllowEnvRegex.Any(pattern => pattern.Contains("_SERVICE_HOST",
            StringComparison.Ordinal)))
        {
            return [];
        }

        return ["KUBERNETES_SERVICE_HOST=10.0.0.1", "KUBERNETES_SERVICE_PORT=443", "KUBERNETES_PORT=tcp://10.0.0.1:443"];
    }

    private IEnumerable<string> Caps(IReadOnlyList<string> list) => list switch
    {
        ["$(default_caps)"] => _data.Common.DefaultCaps,
        ["$(privileged_caps)"] => _data.Common.PrivilegedCaps,
        _ => list,
    };

    /// <summary>How many mounts of the container lead to a storage: the runtime names it once for each.</summary>
    internal int MountsOf(int index, string point) => Sorted(index).Count(mount => Filled(index, mount.Source) == point);

    private JsonArray Storages(int index, out List<string> blocks)
    {
        var container = _data.Containers[index];
        blocks = [];
        var storages = new JsonArray([.. container.Image is { } image ? ImageStorages(index, image) : []]);
        foreach (var storage in container.Storages)
        {
            if (storage.Driver is "blk" or "scsi")
            {
                var source = $"{BlockNumber(index, blocks.Count):x2}";
                var device = Convert.ToBase64String(Encoding.UTF8.GetBytes(source)).Replace('+', '-').Replace('/', '_');
                var point = storage.MountPoint.Replace("$(spath)", _data.Common.Spath, StringComparison.Ordinal)
                    .Replace("$(b64_device_id)", device, StringComparison.Ordinal);
                blocks.Add(point);
                storages.Add((JsonNode)Storage(storage with { Driver = "blk" }, source, point));
            }
            else
            {
                var point = Filled(index, storage.MountPoint);
                for (var times = Math.Max(1, MountsOf(index, point)); times > 0; times--)
                {
                    storages.Add((JsonNode)Storage(storage, Filled(index, storage.Source), point));
                }
            }
        }

        return storages;
    }

    private IEnumerable<JsonNode> ImageStorages(int index, ContainerImage image)
    {
        var root = Filled(index, _data.Containers[index].Oci.Root.Path);
        if (image.Form is ImageForm.GuestPull)
        {
            var metadata = new JsonObject { ["metadata"] = Annotations(index) };
            yield return Storage(new StoragePolicy { Driver = "image_guest_pull", Fstype = "overlay", MountPoint = root } with
            {
                DriverOptions = ["image_guest_pull=" + metadata.ToJsonString()],
                Source = index == 0 ? "pause" : image.Reference,
            });
            yield break;
        }

        var type = image.Form is ImageForm.HostTarfsVerity ? "tar" : "ext4";
        string[] Options(ImageLayerPolicy layer) =>
        [
            "ro", "io.katacontainers.fs-opt.block_device=file", "io.katacontainers.fs-opt.is-layer",
            $"io.katacontainers.fs-opt.root-hash={layer.RootHash}",
        ];
        var device = 0x10;
        foreach (var layer in image.Layers)
        {
            yield return Storage(
                new StoragePolicy { Driver = "blk", Fstype = type, Options = Options(layer), MountPoint = "" }, $"{device++:x2}",
                $"/run/kata-containers/sandbox/layers/{layer.Id}");
        }

        yield return Storage(
            new StoragePolicy
            {
                Driver = "overlayfs",
                Fstype = "fuse3.kata-overlay",
                MountPoint = "",
                Options =
                [
                    $"io.katacontainers.fs-opt.layer-src-prefix={_data.Common.LayerSourcePrefix}",
                    .. image.Layers.Select(layer => "io.katacontainers.fs-opt.layer=" + Convert.ToBase64String(
                        Encoding.UTF8.GetBytes(string.Join(',', Options(layer).Prepend(type).Prepend(layer.Id))))),
                    "io.katacontainers.fs-opt.overlay-rw", $"lowerdir={string.Join(':', image.Layers.Select(layer => layer.Id))}",
                ],
            },
            "none", root);
    }

    // containerd sorts by the number of a path's parts, so that nothing is hidden.
    private IEnumerable<MountPolicy> Sorted(int index) => _data.Containers[index].Oci.Mounts.DistinctBy(mount => mount.Destination)
        .OrderBy(mount => mount.Destination.TrimEnd('/').Count(c => c == '/'));

    // A volume is one device in all containers.
    private int BlockNumber(int index, int block)
    {
        var volumes = _data.Containers.SelectMany(one => one.Oci.Mounts).Select(mount => mount.Volume).Distinct().ToList();
        var mount = Sorted(index).Where(mount => mount.Source.Length == 0).ElementAtOrDefault(block);
        return mount is { Volume.Length: > 0 } ? 0x40 + volumes.IndexOf(mount.Volume) : block + 2;
    }

    private IEnumerable<JsonNode> Mounts(int index, List<string> blocks)
    {
        var block = 0;
        foreach (var mount in Sorted(index))
        {
            yield return new JsonObject
            {
                ["destination"] = mount.Destination,
                ["source"] = mount.Source.Length == 0 && block < blocks.Count ? blocks[block++] : Filled(index, mount.Source),
                ["type_"] = mount.Type,
                ["options"] = Strings(mount.Options),
            };
        }
    }

    private JsonObject Annotations(int index)
    {
        var container = _data.Containers[index];
        var annotations = new JsonObject();
        foreach (var (key, value) in container.Oci.Annotations.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            annotations[key] = key switch
            {
                "io.kubernetes.cri.sandbox-name" => Name,
                "io.kubernetes.cri.sandbox-namespace" => Namespace,
                "io.kubernetes.cri.sandbox-id" => SandboxId,
                "io.kubernetes.cri.sandbox-log-directory" => $"/var/log/pods/{Namespace}_{Name}_{Uid}",
                "nerdctl/network-namespace" => PatternSample.Of(value),
                _ when key.StartsWith(OciPolicy.RuntimesOwnAnnotations, StringComparison.Ordinal) =>
                    value.Replace("$(bundle-id)", Id(index), StringComparison.Ordinal),
                _ => value,
            };
        }

        annotations["io.kubernetes.cri.sandbox-name"] = Name;
        annotations["io.kubernetes.cri.sandbox-namespace"] = Namespace;
        annotations["io.kubernetes.cri.sandbox-id"] = SandboxId;
        annotations["io.kubernetes.cri.sandbox-uid"] = Uid;
        annotations["io.kubernetes.cri.container-type"] = index == 0 ? "sandbox" : "container";
        annotations["io.katacontainers.pkg.oci.container_type"] = index == 0 ? "pod_sandbox" : "pod_container";
        if (index > 0)
        {
            annotations["io.kubernetes.cri.container-name"] = container.Name;
            if (container.Image is { } image)
            {
                annotations["io.kubernetes.cri.image-name"] = image.Reference;
            }
        }

        var vfio = container.Devices.Count(device => device.ContainerPath.StartsWith("/dev/vfio/", StringComparison.Ordinal));
        for (var i = 0; i < vfio; i++)
        {
            var pattern = container.RuntimeAnnotationPatterns.FirstOrDefault(pair => pair.Key.Contains("vfio",
                StringComparison.Ordinal)).Value;
            annotations[$"cdi.k8s.io/vfio{i}"] = pattern is null ? "vendor.com/device=0" : PatternSample.Of(pattern);
        }

        return annotations;
    }

    private static JsonObject Linux(ContainerPolicy container)
    {
        var linux = container.Oci.Linux;
        var sysctl = new JsonObject();
        foreach (var (name, value) in linux.Sysctl.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            sysctl[name] = value;
        }

        return new JsonObject
        {
            ["Sysctl"] = sysctl,
            ["Resources"] = new JsonObject { ["CPU"] = new JsonObject { ["Shares"] = 2, ["Period"] = 100000 } },
            ["CgroupsPath"] = $"kubepods-besteffort-pod{Uid.Replace('-', '_')}.slice:cri-containerd:{container.Name}",
            ["Namespaces"] = new JsonArray([.. linux.Namespaces.Select(one => new JsonObject { ["Type"] = one.Type,
                ["Path"] = one.Path })]),
            ["MaskedPaths"] = Strings(linux.MaskedPaths),
            ["ReadonlyPaths"] = Strings(linux.ReadonlyPaths),
            ["Devices"] = new JsonArray([.. linux.Devices.Select((path, i) => Node(container, path, i))]),
        };
    }

    // What containerd reads off the host's own node: of a raw block volume a disk of the group 'disk'.
    private static JsonObject Node(ContainerPolicy container, string path, int number) =>
        container.Devices.Any(device => device.ContainerPath == path)
            ? new JsonObject
            {
                ["Path"] = path,
                ["Type"] = "b",
                ["Major"] = 7,
                ["Minor"] = number,
                ["FileMode"] = Convert.ToInt32("660", 8),
                ["UID"] = 0,
                ["GID"] = 6,
            }
            : new JsonObject { ["Path"] = path, ["Type"] = "c" };
}
