namespace Casemate.KataPolicy.Settings;

public static partial class GenpolicySettings
{
    private static ContainerProfile ReadContainer(SettingsObject container, ContainerProfile onto)
    {
        var profile = onto;
        if (container.Object("Root") is { } root)
        {
            profile = profile with
            {
                RootPath = root.Text("Path") ?? profile.RootPath,
                RootReadonly = root.Flag("Readonly") ?? profile.RootReadonly
            };
            root.End();
        }

        if (container.Objects("Mounts") is { } mounts)
        {
            // What the cluster may leave out stays optional, whoever wrote the settings.
            var optional = BuiltInProfiles.WorkloadContainer.Mounts.Where(mount => mount.Optional).Select(mount => mount.Destination);
            profile = profile with { Mounts = [.. mounts.Select(mount => ReadMount(mount, optional))] };
        }

        if (container.Map("Annotations") is { } annotations)
        {
            // The pod's own namespace counts, as it does for genpolicy.
            profile = profile with
            {
                Annotations = BuiltInProfiles.Sorted(
                    [.. annotations.Where(entry => entry.Key != "io.kubernetes.cri.sandbox-namespace").Select(
                        entry => (entry.Key, entry.Value))]),
            };
        }

        if (container.Object("Process") is { } process)
        {
            profile = ReadProcess(process, profile);
        }

        if (container.Object("Linux") is { } linux)
        {
            profile = profile with
            {
                Sysctl = linux.Map("Sysctl") ?? profile.Sysctl,
                MaskedPaths = linux.Texts("MaskedPaths") ?? profile.MaskedPaths,
                ReadonlyPaths = linux.Texts("ReadonlyPaths") ?? profile.ReadonlyPaths,
                Devices = linux.Objects("Devices") is { } devices ? [.. devices.Select(ReadDevicePath)] : profile.Devices,
            };
            linux.Skip("Namespaces");
            linux.End();
        }

        container.Skip("Version", "Hooks");
        container.End();
        return profile;
    }

    private static string ReadDevicePath(SettingsObject device)
    {
        var path = device.Text("Path") ?? "";
        device.Skip("Type");
        device.End();
        return path;
    }

    private static MountPolicy ReadMount(SettingsObject mount, IEnumerable<string> optional)
    {
        var destination = mount.Text("destination") ?? "";
        var read = new MountPolicy(destination, mount.Text("type_") ?? "bind", mount.Text("source") ?? "", mount.Texts("options") ?? [])
        {
            Optional = optional.Contains(destination),
        };
        if (!destination.StartsWith('/'))
        {
            mount.Fail("destination", "the destination of a mount is not an absolute path", "Write the path in the container");
        }

        mount.End();
        return read;
    }

    private static ContainerProfile ReadProcess(SettingsObject process, ContainerProfile onto)
    {
        var profile = onto with
        {
            Args = process.Texts("Args") ?? onto.Args,
            Env = process.Texts("Env") ?? onto.Env,
            NoNewPrivileges = process.Flag("NoNewPrivileges") ?? onto.NoNewPrivileges,
        };
        if (process.Object("User") is { } user)
        {
            profile = profile with
            {
                User = new(user.Number("UID") ?? 0, user.Number("GID") ?? 0) { AdditionalGids = user.Numbers("AdditionalGids") ?? [] },
            };
            user.Skip("Username");
            user.End();
        }

        process.Skip("Terminal", "Cwd", "Capabilities");
        process.End();
        return profile;
    }

    private static StoragePolicy ReadStorage(SettingsObject storage)
    {
        var group = storage.Object("fs_group");
        var read = new StoragePolicy
        {
            Driver = storage.Text("driver") ?? "",
            DriverOptions = storage.Texts("driver_options") ?? [],
            Source = storage.Text("source") ?? "",
            Fstype = storage.Text("fstype") ?? "",
            Options = storage.Texts("options") ?? [],
            MountPoint = storage.Text("mount_point") ?? "",
            FsGroup = group is null ? null : new(group.Number("group_id") ?? 0, (int)Math.Min(group.Number("group_change_policy") ?? 0, 1)),
            Shared = storage.Flag("shared") ?? false,
        };
        group?.End();
        storage.End();
        return read;
    }

    private static RuntimeProfile ReadVfio(SettingsObject vfio, RuntimeProfile onto)
    {
        var read = onto.Vfio with
        {
            DevicePath = vfio.Text("device_path") ?? onto.Vfio.DevicePath,
            AnnotationKey = vfio.Pattern("anno_key_regex") ?? onto.Vfio.AnnotationKey,
        };
        if (vfio.Object("nvidia") is { } nvidia)
        {
            read = read with
            {
                AnnotationValue = nvidia.Pattern("gpu_anno_value_regex") ?? read.AnnotationValue,
                DeviceType = nvidia.Text("gpu_gk_device_type") ?? read.DeviceType,
                ResourceKeys = nvidia.Texts("pgpu_resource_keys") ?? read.ResourceKeys,
            };
            nvidia.End();
        }

        vfio.End();
        return onto with
        {
            Vfio = read,
            Devices = onto.Devices with
            {
                Vfio = onto.Devices.Vfio with { DevicePath = Derivation.RegexText.Literal(read.DevicePath) + "[0-9]{1,5}" },
            },
        };
    }

    private static RequestDefaults ReadRequests(SettingsObject requests, RequestDefaults onto)
    {
        var read = onto with
        {
            CopyFile = requests.Patterns("CopyFileRequest") ?? onto.CopyFile,
            CloseStdin = requests.Flag("CloseStdinRequest") ?? onto.CloseStdin,
            ReadStream = requests.Flag("ReadStreamRequest") ?? onto.ReadStream,
            WriteStream = requests.Flag("WriteStreamRequest") ?? onto.WriteStream,
            UpdateEphemeralMounts = requests.Flag("UpdateEphemeralMountsRequest") ?? onto.UpdateEphemeralMounts,
            GetDiagnosticData = requests.Flag("GetDiagnosticDataRequest") ?? onto.GetDiagnosticData,
        };
        if (requests.Object("CreateContainerRequest") is { } create)
        {
            var patterns = create.Patterns("allow_env_regex")?.Select(
                pattern => pattern.Replace("$(svc_name_downward_env)", OurServiceName, StringComparison.Ordinal));
            var known = read.CreateContainer;
            read = read with { CreateContainer = known with { AllowEnvRegex = patterns?.ToArray() ?? known.AllowEnvRegex } };
            create.Unsupported(
                "allow_env_regex_map", "patterns for one name of a variable are not followed", "Move them to allow_env_regex");
            create.End();
        }

        if (requests.Object("ExecProcessRequest") is { } exec)
        {
            var old = exec.Texts("commands");
            if (old is { Count: > 0 })
            {
                exec.Fail(
                    "commands", "commands as single strings are not followed any more",
                    "Write each as a list of arguments into allowed_commands");
            }

            read = read with
            {
                ExecProcess = new()
                {
                    AllowedCommands = exec.Commands("allowed_commands") ?? read.ExecProcess.AllowedCommands,
                    Regex = exec.Patterns("regex") ?? read.ExecProcess.Regex,
                },
            };
            exec.End();
        }

        return ReadNetwork(requests, read);
    }

    private static RequestDefaults ReadNetwork(SettingsObject requests, RequestDefaults onto)
    {
        var read = onto;
        if (requests.Object("UpdateInterfaceRequest") is { } update)
        {
            read = read with
            {
                UpdateInterface = new()
                {
                    AllowRawFlags = update.Number("allow_raw_flags") ?? read.UpdateInterface.AllowRawFlags,
                    ForbiddenNames = update.Texts("forbidden_names") ?? read.UpdateInterface.ForbiddenNames,
                    ForbiddenHwAddrs = update.Texts("forbidden_hw_addrs") ?? read.UpdateInterface.ForbiddenHwAddrs,
                },
            };
            update.End();
        }

        if (requests.Object("UpdateRoutesRequest") is { } routes)
        {
            read = read with
            {
                UpdateRoutes = new()
                {
                    ForbiddenDeviceNames = routes.Texts("forbidden_device_names") ?? read.UpdateRoutes.ForbiddenDeviceNames,
                    ForbiddenSourceRegex = routes.Patterns("forbidden_source_regex") ?? read.UpdateRoutes.ForbiddenSourceRegex,
                },
            };
            routes.End();
        }

        if (requests.Object("AddARPNeighborsRequest") is { } neighbors)
        {
            read = read with
            {
                AddArpNeighbors = new()
                {
                    ForbiddenDeviceNames = neighbors.Texts("forbidden_device_names") ?? read.AddArpNeighbors.ForbiddenDeviceNames,
                    ForbiddenCidrsRegex = neighbors.Patterns("forbidden_cidrs_regex") ?? read.AddArpNeighbors.ForbiddenCidrsRegex,
                },
            };

            // The rules accept the two states of complete entries, whatever this list says.
            neighbors.Skip("allowed_states");
            neighbors.End();
        }

        return read;
    }
}
