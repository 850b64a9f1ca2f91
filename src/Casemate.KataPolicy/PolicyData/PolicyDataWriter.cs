using System.Text.Json;

namespace Casemate.KataPolicy;

/// <summary>Writes <see cref="PolicyData"/> member by member. Members that say nothing and are Casemate's own are left out.</summary>
internal static class PolicyDataWriter
{
    internal static void Write(Utf8JsonWriter json, PolicyData data)
    {
        json.WriteStartObject();
        Each(json, "containers", data.Containers, Container);
        Common(json, data);
        json.WriteStartObject("sandbox");
        Each(json, "storages", data.Sandbox.Storages, Storage);
        json.WriteEndObject();
        RequestDefaults(json, data.RequestDefaults);
        json.WriteStartObject("devices");
        json.WriteStartObject("vfio");
        json.WriteString("device_path", data.Devices.Vfio.DevicePath);
        json.WriteString("option", data.Devices.Vfio.Option);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("cluster_config");
        json.WriteString("pause_container_image", data.ClusterConfig.PauseContainerImage);
        json.WriteBoolean("guest_pull", data.ClusterConfig.GuestPull);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    internal static string Name(ContainerRole role) => role switch
    {
        ContainerRole.Pause => "pause",
        ContainerRole.Init => "init",
        ContainerRole.Sidecar => "sidecar",
        ContainerRole.App => "app",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, null),
    };

    internal static string Name(ImageForm form) => form switch
    {
        ImageForm.GuestPull => "guest-pull",
        ImageForm.HostTarfsVerity => "host-tarfs-dm-verity",
        ImageForm.HostExt4Verity => "host-ext4-dm-verity",
        _ => throw new ArgumentOutOfRangeException(nameof(form), form, null),
    };

    private static void Container(Utf8JsonWriter json, ContainerPolicy container)
    {
        json.WriteStartObject();
        json.WriteString("name", container.Name);
        json.WriteString("role", Name(container.Role));
        if (container.Image is { } image)
        {
            Image(json, image);
        }

        Oci(json, container.Oci);
        Each(json, "storages", container.Storages, Storage);
        Each(json, "devices", container.Devices, Device);
        json.WriteBoolean("sandbox_pidns", container.SandboxPidns);
        Commands(json, "exec_commands", container.ExecCommands);
        Map(json, "runtime_anno_patterns", container.RuntimeAnnotationPatterns);
        json.WriteEndObject();
    }

    private static void Image(Utf8JsonWriter json, ContainerImage image)
    {
        json.WriteStartObject("image");
        json.WriteString("reference", image.Reference);
        json.WriteString("manifest_digest", image.ManifestDigest);
        json.WriteString("config_digest", image.ConfigDigest);
        Strings(json, "diff_ids", image.DiffIds);
        Each(json, "layers", image.Layers, static (json, layer) =>
        {
            json.WriteStartObject();
            json.WriteString("id", layer.Id);
            json.WriteString("root_hash", layer.RootHash);
            json.WriteEndObject();
        });
        json.WriteString("form", Name(image.Form));
        if (image.Signer is { } signer)
        {
            json.WriteStartObject("signer");
            json.WriteString("key", signer.Key);
            json.WriteString("identity", signer.Identity);
            json.WriteString("issuer", signer.Issuer);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Oci(Utf8JsonWriter json, OciPolicy oci)
    {
        json.WriteStartObject("OCI");
        json.WriteString("Version", oci.Version);
        Process(json, oci.Process);
        json.WriteStartObject("Root");
        json.WriteString("Path", oci.Root.Path);
        json.WriteBoolean("Readonly", oci.Root.Readonly);
        json.WriteEndObject();
        Each(json, "Mounts", oci.Mounts, Mount);
        Map(json, "Annotations", oci.Annotations);
        json.WriteStartObject("Linux");
        Each(json, "Namespaces", oci.Linux.Namespaces, static (json, space) =>
        {
            json.WriteStartObject();
            json.WriteString("Type", space.Type);
            json.WriteString("Path", space.Path);
            json.WriteEndObject();
        });
        Strings(json, "MaskedPaths", oci.Linux.MaskedPaths);
        Strings(json, "ReadonlyPaths", oci.Linux.ReadonlyPaths);
        Map(json, "Sysctl", oci.Linux.Sysctl);
        Each(json, "Devices", oci.Linux.Devices, static (json, path) =>
        {
            json.WriteStartObject();
            json.WriteString("Path", path);
            json.WriteEndObject();
        });
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Process(Utf8JsonWriter json, ProcessPolicy process)
    {
        json.WriteStartObject("Process");
        json.WriteBoolean("Terminal", process.Terminal);
        json.WriteStartObject("User");
        json.WriteNumber("UID", process.User.Uid);
        json.WriteNumber("GID", process.User.Gid);
        Each(json, "AdditionalGids", process.User.AdditionalGids, static (json, gid) => json.WriteNumberValue(gid));
        json.WriteString("Username", process.User.Username);
        json.WriteEndObject();
        Strings(json, "Args", process.Args);
        Strings(json, "Env", process.Env);
        json.WriteString("Cwd", process.Cwd);
        json.WriteStartObject("Capabilities");
        Strings(json, "Bounding", process.Capabilities.Bounding);
        Strings(json, "Effective", process.Capabilities.Effective);
        Strings(json, "Inheritable", process.Capabilities.Inheritable);
        Strings(json, "Permitted", process.Capabilities.Permitted);
        Strings(json, "Ambient", process.Capabilities.Ambient);
        json.WriteEndObject();
        json.WriteBoolean("NoNewPrivileges", process.NoNewPrivileges);
        json.WriteEndObject();
    }

    private static void Mount(Utf8JsonWriter json, MountPolicy mount)
    {
        json.WriteStartObject();
        json.WriteString("destination", mount.Destination);
        json.WriteString("type_", mount.Type);
        json.WriteString("source", mount.Source);
        Strings(json, "options", mount.Options);
        if (mount.Optional)
        {
            json.WriteBoolean("optional", true);
        }

        if (mount.Volume.Length > 0)
        {
            json.WriteString("volume", mount.Volume);
        }

        json.WriteEndObject();
    }

    private static void Storage(Utf8JsonWriter json, StoragePolicy storage)
    {
        json.WriteStartObject();
        json.WriteString("driver", storage.Driver);
        Strings(json, "driver_options", storage.DriverOptions);
        json.WriteString("source", storage.Source);
        json.WriteString("fstype", storage.Fstype);
        Strings(json, "options", storage.Options);
        json.WriteString("mount_point", storage.MountPoint);
        if (storage.FsGroup is { } group)
        {
            json.WriteStartObject("fs_group");
            json.WriteNumber("group_id", group.GroupId);
            json.WriteNumber("group_change_policy", group.GroupChangePolicy);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("fs_group");
        }

        json.WriteBoolean("shared", storage.Shared);
        json.WriteEndObject();
    }

    private static void Device(Utf8JsonWriter json, DevicePolicy device)
    {
        json.WriteStartObject();
        json.WriteString("container_path", device.ContainerPath);
        json.WriteString("type_", device.Type);
        json.WriteString("vm_path", device.VmPath);
        json.WriteEndObject();
    }

    private static void Common(Utf8JsonWriter json, PolicyData data)
    {
        var common = data.Common;
        json.WriteStartObject("common");
        json.WriteString("cpath", common.Cpath);
        json.WriteString("root_path", common.RootPath);
        json.WriteString("sfprefix", common.SfPrefix);
        json.WriteString("spath", common.Spath);
        json.WriteString("ipv4_a", common.Ipv4Address);
        json.WriteString("ip_p", common.PortNumber);
        json.WriteString("svc_name_downward_env", common.ServiceNameDownwardEnv);
        json.WriteString("dns_label", common.DnsLabel);
        Strings(json, "default_caps", common.DefaultCaps);
        Strings(json, "privileged_caps", data.Containers.Any(IsPrivileged) ? common.PrivilegedCaps : []);
        Strings(json, "oci_versions", common.OciVersions);
        json.WriteString("layer_source_prefix", common.LayerSourcePrefix);
        json.WriteEndObject();
    }

    private static bool IsPrivileged(ContainerPolicy container)
    {
        var capabilities = container.Oci.Process.Capabilities;
        return capabilities.Bounding.Concat(capabilities.Effective).Concat(capabilities.Inheritable).Concat(capabilities.Permitted)
            .Concat(capabilities.Ambient).Contains("$(privileged_caps)");
    }

    private static void RequestDefaults(Utf8JsonWriter json, RequestDefaults defaults)
    {
        json.WriteStartObject("request_defaults");
        json.WriteStartObject("CreateContainerRequest");
        Strings(json, "allow_env_regex", defaults.CreateContainer.AllowEnvRegex);
        Strings(json, "cgroup_mount_extras_allowed", defaults.CreateContainer.CgroupMountExtrasAllowed);
        json.WriteEndObject();
        Strings(json, "CopyFileRequest", defaults.CopyFile);
        json.WriteStartObject("ExecProcessRequest");
        Commands(json, "allowed_commands", defaults.ExecProcess.AllowedCommands);
        Strings(json, "regex", defaults.ExecProcess.Regex);
        json.WriteEndObject();
        json.WriteStartObject("UpdateInterfaceRequest");
        json.WriteNumber("allow_raw_flags", defaults.UpdateInterface.AllowRawFlags);
        Strings(json, "forbidden_names", defaults.UpdateInterface.ForbiddenNames);
        Strings(json, "forbidden_hw_addrs", defaults.UpdateInterface.ForbiddenHwAddrs);
        json.WriteEndObject();
        json.WriteStartObject("UpdateRoutesRequest");
        Strings(json, "forbidden_device_names", defaults.UpdateRoutes.ForbiddenDeviceNames);
        Strings(json, "forbidden_source_regex", defaults.UpdateRoutes.ForbiddenSourceRegex);
        json.WriteEndObject();
        json.WriteStartObject("AddARPNeighborsRequest");
        Strings(json, "forbidden_device_names", defaults.AddArpNeighbors.ForbiddenDeviceNames);
        Strings(json, "forbidden_cidrs_regex", defaults.AddArpNeighbors.ForbiddenCidrsRegex);
        json.WriteEndObject();
        json.WriteBoolean("CloseStdinRequest", defaults.CloseStdin);
        json.WriteBoolean("ReadStreamRequest", defaults.ReadStream);
        json.WriteBoolean("WriteStreamRequest", defaults.WriteStream);
        json.WriteBoolean("UpdateEphemeralMountsRequest", defaults.UpdateEphemeralMounts);
        json.WriteBoolean("GetDiagnosticDataRequest", defaults.GetDiagnosticData);
        json.WriteEndObject();
    }

    private static void Each<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            write(json, item);
        }

        json.WriteEndArray();
    }

    private static void Strings(Utf8JsonWriter json, string name, IReadOnlyList<string> items) =>
        Each(json, name, items, static (json, item) => json.WriteStringValue(item));

    private static void Commands(Utf8JsonWriter json, string name, IReadOnlyList<IReadOnlyList<string>> commands) =>
        Each(json, name, commands, static (json, command) =>
        {
            json.WriteStartArray();
            foreach (var argument in command)
            {
                json.WriteStringValue(argument);
            }

            json.WriteEndArray();
        });

    private static void Map(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> map)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in map.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }
}
