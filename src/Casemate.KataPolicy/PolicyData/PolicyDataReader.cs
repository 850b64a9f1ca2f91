using System.Text.Json;

namespace Casemate.KataPolicy;

/// <summary>Reads <see cref="PolicyData"/> member by member; every member must be there, and no other.</summary>
internal static class PolicyDataReader
{
    internal static PolicyData Read(JsonElement root)
    {
        var json = new JsonMembers(root, "policy_data");
        var data = new PolicyData
        {
            Containers = json.Each("containers", Container),
            Common = Common(json.Object("common")),
            Sandbox = Whole(json.Object("sandbox"), static sandbox => new SandboxPolicy { Storages = sandbox.Each("storages", Storage) }),
            RequestDefaults = RequestDefaults(json.Object("request_defaults")),
            Devices = Whole(json.Object("devices"), static devices => new DevicesPolicy { Vfio = Whole(devices.Object("vfio"), Vfio) }),
            ClusterConfig = Whole(json.Object("cluster_config"), static cluster => new ClusterConfig
            {
                PauseContainerImage = cluster.String("pause_container_image"),
                GuestPull = cluster.Boolean("guest_pull"),
            }),
        };
        json.End();
        return data;
    }

    private static T Whole<T>(JsonMembers json, Func<JsonMembers, T> read)
    {
        var value = read(json);
        json.End();
        return value;
    }

    private static VfioPolicy Vfio(JsonMembers json) => new() { DevicePath = json.String("device_path"), Option = json.String("option") };

    private static ContainerPolicy Container(JsonElement element, string path) => Whole(new JsonMembers(element, path), static json =>
        new ContainerPolicy
        {
            Name = json.String("name"),
            Role = Role(json),
            Image = json.Has("image") ? Whole(json.Object("image"), Image) : null,
            Oci = Whole(json.Object("OCI"), Oci),
            Storages = json.Each("storages", Storage),
            Devices = json.Each("devices", static (element, path) => Whole(new JsonMembers(element, path), static device =>
                new DevicePolicy(device.String("container_path"), device.String("type_"), device.String("vm_path")))),
            SandboxPidns = json.Boolean("sandbox_pidns"),
            ExecCommands = json.Commands("exec_commands"),
            RuntimeAnnotationPatterns = json.Map("runtime_anno_patterns"),
        });

    private static ContainerRole Role(JsonMembers json)
    {
        var text = json.String("role");
        return Enum.GetValues<ContainerRole>().Where(role => PolicyDataWriter.Name(role) == text).Cast<ContainerRole?>().FirstOrDefault()
            ?? throw new PolicyDataException($"{json.At("role")} must be pause, init, sidecar or app");
    }

    private static ContainerImage Image(JsonMembers json)
    {
        var form = json.String("form");
        return new ContainerImage
        {
            Reference = json.String("reference"),
            ManifestDigest = json.String("manifest_digest"),
            ConfigDigest = json.String("config_digest"),
            DiffIds = json.Strings("diff_ids"),
            Layers = json.Each("layers", static (element, path) => Whole(new JsonMembers(element, path), static layer =>
                new ImageLayerPolicy(layer.String("id"), layer.String("root_hash")))),
            Form = Enum.GetValues<ImageForm>().Where(one => PolicyDataWriter.Name(one) == form).Cast<ImageForm?>().FirstOrDefault()
                ?? throw new PolicyDataException(
                    $"{json.At("form")} must be {string.Join(", ", Enum.GetValues<ImageForm>().Select(PolicyDataWriter.Name))}"),
            Signer = !json.Has("signer") ? null : Whole(json.Object("signer"), static signer => new ImageSigner
            {
                Key = signer.String("key"),
                Identity = signer.String("identity"),
                Issuer = signer.String("issuer"),
            }),
        };
    }

    private static OciPolicy Oci(JsonMembers json) => new()
    {
        Version = json.String("Version"),
        Process = Whole(json.Object("Process"), Process),
        Root = Whole(json.Object("Root"), static root => new RootPolicy(root.String("Path"), root.Boolean("Readonly"))),
        Mounts = json.Each("Mounts", static (element, path) => Whole(new JsonMembers(element, path), Mount)),
        Annotations = json.Map("Annotations"),
        Linux = Whole(json.Object("Linux"), static linux => new LinuxPolicy
        {
            Namespaces = linux.Each("Namespaces", static (element, path) => Whole(new JsonMembers(element, path), static space =>
                new NamespacePolicy(space.String("Type"), space.String("Path")))),
            MaskedPaths = linux.Strings("MaskedPaths"),
            ReadonlyPaths = linux.Strings("ReadonlyPaths"),
            Sysctl = linux.Map("Sysctl"),
            Devices = linux.Each("Devices", static (element, path) => Whole(new JsonMembers(element, path), static device =>
                device.String("Path"))),
        }),
    };

    private static ProcessPolicy Process(JsonMembers json) => new()
    {
        Terminal = json.Boolean("Terminal"),
        User = Whole(json.Object("User"), static user => new UserPolicy(user.UInt32("UID"), user.UInt32("GID"))
        {
            AdditionalGids = user.Each("AdditionalGids", JsonMembers.AsUInt32),
            Username = user.String("Username"),
        }),
        Args = json.Strings("Args"),
        Env = json.Strings("Env"),
        Cwd = json.String("Cwd"),
        Capabilities = Whole(json.Object("Capabilities"), static sets => new CapabilitiesPolicy
        {
            Bounding = sets.Strings("Bounding"),
            Effective = sets.Strings("Effective"),
            Inheritable = sets.Strings("Inheritable"),
            Permitted = sets.Strings("Permitted"),
            Ambient = sets.Strings("Ambient"),
        }),
        NoNewPrivileges = json.Boolean("NoNewPrivileges"),
    };

    private static MountPolicy Mount(JsonMembers json) =>
        new(json.String("destination"), json.String("type_"), json.String("source"), json.Strings("options"))
        {
            Optional = json.Has("optional") && json.Boolean("optional"),
            Volume = json.Has("volume") ? json.String("volume") : "",
        };

    private static StoragePolicy Storage(JsonElement element, string path) => Whole(new JsonMembers(element, path), static json =>
        new StoragePolicy
        {
            Driver = json.String("driver"),
            DriverOptions = json.Strings("driver_options"),
            Source = json.String("source"),
            Fstype = json.String("fstype"),
            Options = json.Strings("options"),
            MountPoint = json.String("mount_point"),
            FsGroup = FsGroup(json),
            Shared = json.Boolean("shared"),
        });

    private static FsGroupPolicy? FsGroup(JsonMembers json) => json.Take("fs_group") is { ValueKind: not JsonValueKind.Null } element
        ? Whole(new JsonMembers(element, json.At("fs_group")), static group =>
            new FsGroupPolicy(group.UInt32("group_id"), group.Int32("group_change_policy")))
        : null;

    private static CommonPolicy Common(JsonMembers json) => Whole(json, static common => new CommonPolicy
    {
        Cpath = common.String("cpath"),
        RootPath = common.String("root_path"),
        SfPrefix = common.String("sfprefix"),
        Spath = common.String("spath"),
        Ipv4Address = common.String("ipv4_a"),
        PortNumber = common.String("ip_p"),
        ServiceNameDownwardEnv = common.String("svc_name_downward_env"),
        DnsLabel = common.String("dns_label"),
        DefaultCaps = common.Strings("default_caps"),
        PrivilegedCaps = common.Strings("privileged_caps"),
        OciVersions = common.Strings("oci_versions"),
        LayerSourcePrefix = common.String("layer_source_prefix"),
    });

    private static RequestDefaults RequestDefaults(JsonMembers json) => Whole(json, static defaults => new RequestDefaults
    {
        CreateContainer = Whole(defaults.Object("CreateContainerRequest"), static create => new CreateContainerDefaults
        {
            AllowEnvRegex = create.Strings("allow_env_regex"),
            CgroupMountExtrasAllowed = create.Strings("cgroup_mount_extras_allowed"),
        }),
        CopyFile = defaults.Strings("CopyFileRequest"),
        ExecProcess = Whole(defaults.Object("ExecProcessRequest"), static exec => new ExecProcessDefaults
        {
            AllowedCommands = exec.Commands("allowed_commands"),
            Regex = exec.Strings("regex"),
        }),
        UpdateInterface = Whole(defaults.Object("UpdateInterfaceRequest"), static update => new UpdateInterfaceDefaults
        {
            AllowRawFlags = update.UInt32("allow_raw_flags"),
            ForbiddenNames = update.Strings("forbidden_names"),
            ForbiddenHwAddrs = update.Strings("forbidden_hw_addrs"),
        }),
        UpdateRoutes = Whole(defaults.Object("UpdateRoutesRequest"), static update => new UpdateRoutesDefaults
        {
            ForbiddenDeviceNames = update.Strings("forbidden_device_names"),
            ForbiddenSourceRegex = update.Strings("forbidden_source_regex"),
        }),
        AddArpNeighbors = Whole(defaults.Object("AddARPNeighborsRequest"), static add => new AddArpNeighborsDefaults
        {
            ForbiddenDeviceNames = add.Strings("forbidden_device_names"),
            ForbiddenCidrsRegex = add.Strings("forbidden_cidrs_regex"),
        }),
        CloseStdin = defaults.Boolean("CloseStdinRequest"),
        ReadStream = defaults.Boolean("ReadStreamRequest"),
        WriteStream = defaults.Boolean("WriteStreamRequest"),
        UpdateEphemeralMounts = defaults.Boolean("UpdateEphemeralMountsRequest"),
        GetDiagnosticData = defaults.Boolean("GetDiagnosticDataRequest"),
    });
}
