using Casemate.KataPolicy.Layers;
using Casemate.KataPolicy.Pods;
using Casemate.KataPolicy.Settings;

namespace Casemate.KataPolicy.Derivation;

/// <summary>
/// Derives mounts and storages of a pod's volumes. Source: kata-containers src/runtime, "fs_share_linux.go" and "kata_agent.go".
/// </summary>
internal sealed class Volumes(ContainerSubject subject, MountList mounts)
{
    /// <summary>The storages that came of it, in the order of the mounts.</summary>
    public List<StoragePolicy> Storages { get; } = [];

    public void Add(VolumeMount mount)
    {
        if (!mount.MountPath.StartsWith('/') || MountList.BaseName(mount.MountPath).Length == 0)
        {
            subject.Error(
                $"{mount.Path}.mountPath", $"'{Shown.Of(mount.MountPath)}' is not a path below the root", "Write an absolute path");
            return;
        }

        if (!SayPlaceholder($"{mount.Path}.mountPath", MountList.BaseName(mount.MountPath))
            || !SayPlaceholder($"{mount.Path}.subPath", mount.SubPath ?? ""))
        {
            return;
        }

        if (subject.Pod.Volumes.FirstOrDefault(volume => volume.Name == mount.Name) is not { } found)
        {
            subject.Error(
                $"{mount.Path}.name", $"the pod has no volume '{Shown.Of(mount.Name)}'", "Add it to spec.volumes, or correct the name");
            return;
        }

        Add(mount, found);
    }

    private void Add(VolumeMount mount, Volume volume)
    {
        switch (volume.Source)
        {
            case EmptyDirVolume source:
                AddEmptyDir(mount, volume, source);
                break;
            case ConfigMapVolume or SecretVolume:
                AddConfigMap(mount);
                break;
            case ProjectedVolume or DownwardApiVolume:
                Share(mount, readOnly: true);
                break;
            case PersistentVolumeClaimVolume { IsBlock: true } or EphemeralVolume { IsBlock: true }:
                subject.Error(
                    $"{mount.Path}.name", $"the volume '{Shown.Of(volume.Name)}' is a block device and cannot be mounted as files",
                    "Name it in volumeDevices");
                break;
            case PersistentVolumeClaimVolume claim:
                Say(volume, "a claim's files come from the host");
                Share(mount, claim.ReadOnly);
                break;
            case AzureFileVolume share:
                Say(volume, "the share's files come from the host");
                Share(mount, share.ReadOnly);
                break;
            case CsiVolume csi:
                Say(volume, "the driver's files come from the host");
                Share(mount, csi.ReadOnly);
                break;
            case EphemeralVolume:
                Say(volume, "the volume's files come from the host");
                Share(mount, readOnly: false);
                break;
            case NetworkVolume network:
                Say(volume, "the host mounts the volume, and its files pass through it");
                Share(mount, network.ReadOnly);
                break;
            case ImageVolume:
                Say(volume, "the host mounts the image, and nothing binds its content");
                Share(mount, readOnly: true);
                break;
            case HostPathVolume host:
                AddHostPath(mount, volume, host);
                break;
            case UnknownVolume unknown:
                subject.Error(
                    volume.Path, $"volumes of the type '{Shown.Of(unknown.Type)}' are not known, so their mounts cannot be described",
                    "Use a volume of a documented type");
                break;
            case TokenVolume:
                subject.Error(volume.Path, "a token is not a volume by itself", "Write it into projected.sources");
                break;
            default:
                throw new InvalidOperationException("A type of volume was added that is not derived.");
        }
    }

    private void AddEmptyDir(VolumeMount mount, Volume volume, EmptyDirVolume source)
    {
        if (source.Medium.StartsWith("HugePages", StringComparison.Ordinal))
        {
            subject.Error(volume.Path, "huge pages of the host do not reach the guest as a volume", "Use an emptyDir of the medium Memory");
            return;
        }

        if (HasSubPath(mount) && subject.Profile.EmptyDirForm is not EmptyDirForm.Local)
        {
            Say(volume, "a sub-path of an emptyDir stays on the host, which can read and change it");
            Share(mount, readOnly: false);
            return;
        }

        if (source.IsMemory)
        {
            AddLocal(mount, subject.Profile.MemoryEmptyDir, FsGidOption());
            return;
        }

        switch (subject.Profile.EmptyDirForm)
        {
            case EmptyDirForm.BlockEncrypted:
                AddBlock(mount, ["encryption_key=ephemeral", "create_filesystem"], []);
                break;
            case EmptyDirForm.BlockPlain:
                Say(volume, "an emptyDir is written to the host's disk in the clear");
                AddBlock(mount, ["create_filesystem"], ["discard"]);
                break;
            case EmptyDirForm.SharedFs:
                Say(volume, "an emptyDir is a directory of the host, which can read and change it");
                var name = RegexText.Literal(volume.Name);
                Bind(mount, readOnly: false,
                    $"{subject.Profile.EmptyDir.MountSource}{name}$|$(sfprefix){RegexText.Literal(MountList.BaseName(mount.MountPath))}$");
                break;
            case EmptyDirForm.Local:
                AddLocal(mount, subject.Profile.EmptyDir, FsGidOption());
                break;
            default:
                throw new InvalidOperationException("A form of emptyDir was added that is not derived.");
        }
    }

    // A directory that the guest makes: the mount leads to where the storage puts it.
    private void AddLocal(VolumeMount mount, VolumeProfile profile, string? fsGid)
    {
        var name = RegexText.Literal(mount.Name);
        var point = $"{profile.MountPoint}{name}$";

        // The directory is one, at however many places of the container it stands.
        if (!HasSubPath(mount) && profile.Driver.Length > 0 && !Storages.Any(storage => storage.MountPoint == point))
        {
            Storages.Add(new StoragePolicy
            {
                Driver = profile.Driver,
                Source = profile.Source,
                Fstype = profile.Fstype,
                Options = fsGid is null ? profile.Options : [.. profile.Options, fsGid],
                MountPoint = point,
            });
        }

        var inside = mount.SubPath is { Length: > 0 } below ? "/" + RegexText.Literal(below) : mount.SubPathExpr is { Length: > 0 }
            ? "/[^/].*" : "";
        mounts.Put(
            new MountPolicy(mount.MountPath, profile.MountType, $"{profile.MountSource}{name}{inside}$", Options(mount, readOnly: false)));
    }

    private void AddBlock(VolumeMount mount, string[] driverOptions, string[] options)
    {
        var group = subject.Pod.SecurityContext.FsGroup;
        Storages.Add(new StoragePolicy
        {
            Driver = "blk",
            DriverOptions = driverOptions,
            Fstype = "ext4",
            Options = options,
            MountPoint = "$(spath)/$(b64_device_id)",
            Shared = true,
            FsGroup = group is > 0 and <= int.MaxValue
                ? new FsGroupPolicy((uint)group, subject.Pod.SecurityContext.FsGroupChangePolicy is "OnRootMismatch" ? 1 : 0)
                : null,
        });
        mounts.Put(new MountPolicy(mount.MountPath, "bind", "", Options(mount, readOnly: false))
        {
            // A volume that stands twice in one container comes as two devices.
            Volume = subject.Spec?.VolumeMounts.Count(other => other.Name == mount.Name) > 1 ? "" : mount.Name,
        });
    }

    private void AddConfigMap(VolumeMount mount)
    {
        var profile = subject.Profile.ConfigMap;
        var name = RegexText.Literal(MountList.BaseName(mount.MountPath));

        // A single file is shared as any other: only whole directories are watched.
        var whole = !HasSubPath(mount);
        if (subject.Profile.ConfigMapStorages && whole)
        {
            Storages.Add(new StoragePolicy
            {
                Driver = profile.Driver,
                Source = $"{profile.MountSource}{name}$",
                Fstype = profile.Fstype,
                Options = profile.Options,
                MountPoint = $"{profile.MountPoint}{name}$",
            });
        }

        var options = whole && Propagation(mount) == "rprivate" && mount.RecursiveReadOnly is not "Enabled" ? profile.Options
            : Options(mount, readOnly: true);
        mounts.Put(new MountPolicy(mount.MountPath, profile.MountType, $"{(whole ? profile.MountPoint : "$(sfprefix)")}{name}$", options));
    }

    private void AddHostPath(VolumeMount mount, Volume volume, HostPathVolume host)
    {
        var path = MountList.Clean(host.HostPath);
        if (path is "/dev" or "/sys" || path.StartsWith("/dev/", StringComparison.Ordinal)
            || path.StartsWith("/sys/", StringComparison.Ordinal))
        {
            // The guest's own, not the host's.
            if (!SayPlaceholder($"{volume.Path}.hostPath.path", host.HostPath))
            {
                return;
            }

            mounts.Put(new MountPolicy(mount.MountPath, "bind", host.HostPath, Options(mount, readOnly: false)));
            return;
        }

        Say(volume, $"files of the host's {Shown.Of(host.HostPath)} come from the host");
        Share(mount, readOnly: false);
    }

    // The rules put placeholders into paths of requests before they compare, so no path may hold the like already.
    private bool SayPlaceholder(string path, string text)
    {
        if (!text.Contains(PolicyText.Opening, StringComparison.Ordinal))
        {
            return true;
        }

        subject.Error(
            path, $"the path '{Shown.Of(text)}' holds '{PolicyText.Opening}', which begins a placeholder in policies",
            "Write a path without it");
        return false;
    }

    private void Share(VolumeMount mount, bool readOnly) =>
        Bind(mount, readOnly, $"$(sfprefix){RegexText.Literal(MountList.BaseName(mount.MountPath))}$");

    private void Bind(VolumeMount mount, bool readOnly, string source) =>
        mounts.Put(new MountPolicy(mount.MountPath, "bind", source, Options(mount, readOnly)));

    private static string[] Options(VolumeMount mount, bool readOnly) =>
        ["rbind", Propagation(mount), mount.ReadOnly || readOnly ? mount.RecursiveReadOnly is "Enabled" ? "rro" : "ro" : "rw"];

    private static string Propagation(VolumeMount mount) => mount.MountPropagation switch
    {
        "Bidirectional" => "rshared",
        "HostToContainer" => "rslave",
        _ => "rprivate",
    };

    private string? FsGidOption() =>
        subject.Pod.SecurityContext.FsGroup is { } group and not 0
            ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"fsgid={group}") : null;

    private static bool HasSubPath(VolumeMount mount) => mount.SubPath is { Length: > 0 } || mount.SubPathExpr is { Length: > 0 };

    // For a guest that keeps secrets from its host; elsewhere this is how things are.
    private void Say(Volume volume, string fact)
    {
        if (subject.Profile.ImageForm is not null)
        {
            subject.NoteOnce(PolicyFinding.Note(
                volume.Path, $"volume '{Shown.Of(volume.Name)}': {fact}; the policy binds where they appear, not what is in them",
                "Encrypt and verify inside the guest what must stay secret or whole"));
        }
    }
}
