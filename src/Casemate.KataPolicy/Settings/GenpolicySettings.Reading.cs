namespace Casemate.KataPolicy.Settings;

public static partial class GenpolicySettings
{
    private const string OurServiceName = "$(svc_name)";

    private static RuntimeProfile ReadProfile(SettingsObject root, RuntimeProfile onto)
    {
        var profile = onto;
        var layers = default(string);
        if (root.Object("common") is { } common)
        {
            layers = common.Text("image_layer_verification");
            profile = profile with { Common = ReadCommon(common, profile.Common) };
            common.End();
        }

        if (root.Object("kata_config") is { } kata)
        {
            var version = kata.Text("oci_version");
            var confidential = kata.Flag("confidential_guest");
            profile = profile with
            {
                Common = version is null ? profile.Common : profile.Common with { OciVersions = [version] },
                ConfigMapStorages = kata.Flag("enable_configmap_secret_storages")
                    ?? (confidential is { } guest ? !guest : profile.ConfigMapStorages),
            };
            kata.End();
            profile = ReadVolumes(root.Object("volumes"), profile, confidential ?? true);
        }
        else
        {
            profile = ReadVolumes(root.Object("volumes"), profile, true);
        }

        profile = ReadCluster(root.Object("cluster_config"), profile, layers, root);
        if (root.Object("pause_container") is { } pause)
        {
            profile = profile with { Pause = ReadContainer(pause, profile.Pause) };
        }

        if (root.Object("other_container") is { } other)
        {
            profile = profile with { Workload = ReadContainer(other, profile.Workload) };
        }

        if (root.Object("sandbox") is { } sandbox)
        {
            profile = profile with
            {
                Sandbox = sandbox.Objects("storages") is { } storages ? new() { Storages = [.. storages.Select(ReadStorage)] }
                    : profile.Sandbox,
            };
            sandbox.End();
        }

        if (root.Object("devices") is { } devices)
        {
            if (devices.Object("vfio") is { } vfio)
            {
                profile = ReadVfio(vfio, profile);
            }

            devices.End();
        }

        if (root.Object("request_defaults") is { } requests)
        {
            profile = profile with { RequestDefaults = ReadRequests(requests, profile.RequestDefaults) };
            requests.End();
        }

        profile = profile with { MountDestinations = root.Texts("mount_destinations") ?? profile.MountDestinations };
        root.End();
        return profile;
    }

    private static CommonPolicy ReadCommon(SettingsObject common, CommonPolicy onto)
    {
        // Told apart from real settings by their names; the rules of this policy have their own patterns for what these say.
        common.Skip("mount_source_cpath", "s_source1", "s_source2", "dns_subdomain", "pod_uid");
        common.Unsupported(
            "virtio_blk_storage_classes", "block devices by storage class are not followed", "Mount such claims as volumeDevices");
        common.Unsupported("smb_storage_classes", "shares by storage class are not followed", "Claims are described as shared directories");
        return onto with
        {
            Cpath = common.Pattern("cpath") ?? onto.Cpath,
            // The rules anchor it themselves.
            RootPath = common.Pattern("root_path") is { } root ? root.TrimStart('^').TrimEnd('$') : onto.RootPath,
            SfPrefix = common.Pattern("sfprefix") ?? onto.SfPrefix,
            Spath = common.Pattern("spath") ?? onto.Spath,
            Ipv4Address = common.Pattern("ipv4_a") ?? onto.Ipv4Address,
            PortNumber = common.Pattern("ip_p") ?? onto.PortNumber,
            ServiceNameDownwardEnv = common.Pattern("svc_name_downward_env") ?? common.Pattern("svc_name") ?? onto.ServiceNameDownwardEnv,
            DnsLabel = common.Pattern("dns_label") ?? onto.DnsLabel,
            DefaultCaps = common.Texts("default_caps") ?? onto.DefaultCaps,
            PrivilegedCaps = common.Texts("privileged_caps") ?? onto.PrivilegedCaps,
        };
    }

    // Until 3.10 an emptyDir followed from its own settings and the kind of guest; since then its form is named.
    private static RuntimeProfile ReadVolumes(SettingsObject? volumes, RuntimeProfile onto, bool confidential)
    {
        if (volumes is null)
        {
            return onto;
        }

        var oldEmptyDir = volumes.Object("confidential_emptyDir");
        var emptyDir = volumes.Object("emptyDir");
        var oldConfigMap = volumes.Object("confidential_configMap");
        var configMap = volumes.Object("configMap");
        var profile = onto with
        {
            EmptyDir = ReadVolume((confidential ? oldEmptyDir : null) ?? emptyDir, onto.EmptyDir),
            MemoryEmptyDir = ReadVolume(volumes.Object("emptyDir_memory"), onto.MemoryEmptyDir),
            ConfigMap = ReadVolume((confidential ? oldConfigMap : null) ?? configMap, onto.ConfigMap),
            ImageVolume = ReadVolume(volumes.Object("image_volume"), onto.ImageVolume),
        };

        // These two are settled by the form of an emptyDir.
        volumes.Skip("emptyDir_encrypted", "emptyDir_plain");
        volumes.End();
        return profile.EmptyDir.Driver is "local" ? profile with { EmptyDirForm = EmptyDirForm.Local } : profile;
    }

    private static VolumeProfile ReadVolume(SettingsObject? volume, VolumeProfile onto)
    {
        if (volume is null)
        {
            return onto;
        }

        var read = new VolumeProfile(
            volume.Text("mount_type") ?? onto.MountType, volume.Text("mount_source") ?? onto.MountSource,
            volume.Text("mount_point") ?? onto.MountPoint, volume.Text("driver") ?? onto.Driver, volume.Text("source") ?? onto.Source,
            volume.Text("fstype") ?? onto.Fstype, volume.Texts("options") ?? onto.Options);
        volume.End();
        return read;
    }

    private static RuntimeProfile ReadCluster(SettingsObject? cluster, RuntimeProfile onto, string? layers, SettingsObject root)
    {
        var profile = onto;
        var guestPull = cluster?.Flag("guest_pull");
        if (cluster is not null)
        {
            var oldEncrypted = cluster.Flag("encrypted_emptydir");
            profile = profile with
            {
                PauseImage = cluster.Text("pause_container_image") ?? profile.PauseImage,
                PauseUserRule = cluster.Text("pause_container_id_policy") switch
                {
                    null => profile.PauseUserRule,
                    "v1" => PauseUserRule.GroupIsAdditional,
                    "v2" => PauseUserRule.OnlyChosenGroups,
                    _ => Refused(cluster, "pause_container_id_policy", "v1 or v2", profile.PauseUserRule),
                },
                EmptyDirForm = cluster.Text("emptydir_type") switch
                {
                    null => oldEncrypted is true ? EmptyDirForm.BlockEncrypted
                        : oldEncrypted is false && profile.EmptyDirForm is EmptyDirForm.BlockEncrypted ? EmptyDirForm.SharedFs
                        : profile.EmptyDirForm,
                    "block-encrypted" => EmptyDirForm.BlockEncrypted,
                    "block-plain" => EmptyDirForm.BlockPlain,
                    "shared-fs" => EmptyDirForm.SharedFs,
                    "local" => EmptyDirForm.Local,
                    _ => Refused(cluster, "emptydir_type", "block-encrypted, block-plain, shared-fs or local", profile.EmptyDirForm),
                },
                RequestDefaults = cluster.Texts("cgroup_mount_extras_allowed") is { } extras
                    ? profile.RequestDefaults with
                    {
                        CreateContainer = profile.RequestDefaults.CreateContainer with { CgroupMountExtrasAllowed = extras },
                    }
                    : profile.RequestDefaults,
            };
            cluster.End();
        }

        var form = profile.ImageForm;
        switch (layers)
        {
            case null:
                form = guestPull switch { true => ImageForm.GuestPull, false when form is ImageForm.GuestPull => null, _ => form };
                break;
            case "none":
                form = guestPull is true ? ImageForm.GuestPull : null;
                break;
            case "host-tarfs-dm-verity":
                form = ImageForm.HostTarfsVerity;
                break;
            case "host-ext4-dm-verity":
                form = ImageForm.HostExt4Verity;
                break;
            default:
                root.Fail(
                    "common.image_layer_verification", $"layers in the form '{Layers.Shown.Of(layers)}' are not supported",
                    "Write none, host-tarfs-dm-verity or host-ext4-dm-verity");
                break;
        }

        return profile with { ImageForm = form };
    }

    private static T Refused<T>(SettingsObject from, string name, string known, T kept)
    {
        from.Fail(name, "the value is not known", $"Write {known}");
        return kept;
    }
}
