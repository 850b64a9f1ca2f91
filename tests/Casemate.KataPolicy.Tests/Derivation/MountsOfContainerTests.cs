using Casemate.KataPolicy.Pods;
using Casemate.KataPolicy.Settings;

namespace Casemate.KataPolicy.Tests.Derivation;

/// <summary>What is mounted into a container, and the storages behind it.</summary>
public sealed class MountsOfContainerTests
{
    private static MountPolicy At(ContainerPolicy container, string destination) =>
        Assert.Single(container.Oci.Mounts, mount => mount.Destination == destination);

    private static void IsMount(MountPolicy mount, string type, string source, params string[] options)
    {
        Assert.Equal((type, source), (mount.Type, mount.Source));
        Assert.Equal(options, mount.Options);
    }

    [Fact]
    public void AreTheRuntimesOwn_InItsOrder()
    {
        Assert.Equal(
            [
                "/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup", "/etc/hosts", "/dev/termination-log",
                "/etc/hostname", "/etc/resolv.conf", "/var/run/secrets/kubernetes.io/serviceaccount", "/var/run/secrets/azure/tokens",
            ],
            Given.Container().Oci.Mounts.Select(mount => mount.Destination));
    }

    [Fact]
    public void OfThePause_HaveNoControlGroups() =>
        Assert.Equal(
            ["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/etc/resolv.conf"],
            Given.Data(Given.Yaml()).Containers[0].Oci.Mounts.Select(mount => mount.Destination));

    [Fact]
    public void HaveTheSandboxesSharedMemory() =>
        IsMount(At(Given.Container(), "/dev/shm"), "bind", "/run/kata-containers/sandbox/shm", "rbind");

    [Fact]
    public void NameFilesAsTheyAre_AndNotAsPatterns() =>
        IsMount(At(Given.Container(), "/etc/resolv.conf"), "bind", @"$(sfprefix)resolv\.conf$", "rbind", "rprivate", "rw");

    [Fact]
    public void AreReadOnly_WhereTheRootIs() =>
        IsMount(At(Given.Container("securityContext: {readOnlyRootFilesystem: true}"), "/etc/hostname"), "bind", "$(sfprefix)hostname$",
            "rbind", "rprivate", "ro");

    [Fact]
    public void CanWriteTheKernelsFiles_WhenPrivileged()
    {
        var data = Given.Data(Given.Yaml("securityContext: {privileged: true}"));

        Assert.Equal("rw", At(data.Containers[1], "/sys").Options[^1]);
        Assert.Equal("rw", At(data.Containers[1], "/sys/fs/cgroup").Options[^1]);
        Assert.Equal("rw", At(data.Containers[0], "/sys").Options[^1]);
    }

    [Fact]
    public void PutTheTerminationMessageWhereThePodSays() =>
        IsMount(At(Given.Container("terminationMessagePath: /tmp/end"), "/tmp/end"), "bind", "$(sfprefix)end$", "rbind", "rprivate", "rw");

    [Fact]
    public void MayLackAToken_AndMustWhereThePodWantsNone()
    {
        Assert.True(At(Given.Container(), "/var/run/secrets/kubernetes.io/serviceaccount").Optional);
        Assert.DoesNotContain(
            Given.Container(pod: "automountServiceAccountToken: false").Oci.Mounts, mount =>
            mount.Destination.Contains("serviceaccount", StringComparison.Ordinal));
    }

    private static ContainerPolicy With(string volume, RuntimeProfile? profile = null, string mount = "", string pod = "") =>
        Given.Container(
            $"volumeMounts:\n- {{name: v, mountPath: /data/v.d{mount}}}", profile: profile,
            pod: $"{pod}\nvolumes:\n- {{name: v, {volume}}}");

    [Fact]
    public void OfMemory_HaveAStorageOfTheGuest()
    {
        var container = With("emptyDir: {medium: Memory}", pod: "securityContext: {fsGroup: 42}");

        IsMount(At(container, "/data/v.d"), "bind", "^/run/kata-containers/sandbox/ephemeral/v$", "rbind", "rprivate", "rw");
        var storage = Assert.Single(container.Storages);
        Assert.Equal(
            ("ephemeral", "tmpfs", "tmpfs", "^/run/kata-containers/sandbox/ephemeral/v$"),
            (storage.Driver, storage.Source, storage.Fstype, storage.MountPoint));
        Assert.Equal(["fsgid=42"], storage.Options);
    }

    [Theory]
    [InlineData("kata-snp", "emptyDir: {medium: Memory}", 1)]
    [InlineData("aks", "emptyDir: {medium: Memory}", 1)]
    [InlineData("aks", "emptyDir: {}", 1)]
    [InlineData("kata-snp", "emptyDir: {}", 2)]
    [InlineData("kata", "emptyDir: {}", 0)]
    public void OfOneVolumeAtTwoPlaces_HaveOneStorageWhereTheGuestMakesOne(string name, string volume, int storages)
    {
        Assert.True(BuiltInProfiles.TryFind(name, out var profile));
        var container = Given.Container(
            "volumeMounts: [{name: v, mountPath: /a}, {name: v, mountPath: /b}]", profile: profile, pod: $"volumes: [{{name: v, {volume}}}]");

        Assert.Equal(storages, container.Storages.Count);
        Assert.Equal(At(container, "/a").Source.Length == 0, At(container, "/b").Source.Length == 0);
    }

    [Fact]
    public void OfAnEmptyDir_AreAnEncryptedBlockDevice()
    {
        var container = With("emptyDir: {}", pod: "securityContext: {fsGroup: 42}");

        IsMount(At(container, "/data/v.d"), "bind", "", "rbind", "rprivate", "rw");
        var storage = Assert.Single(container.Storages);
        Assert.Equal(["encryption_key=ephemeral", "create_filesystem"], storage.DriverOptions);
        Assert.Equal(("ext4", "$(spath)/$(b64_device_id)", true), (storage.Fstype, storage.MountPoint, storage.Shared));
        Assert.Equal(42u, storage.FsGroup!.GroupId);
    }

    [Fact]
    public void OfAnEmptyDir_AreSharedByPlainKata() =>
        IsMount(
            At(With("emptyDir: {}", BuiltInProfiles.Kata, mount: ", readOnly: true"), "/data/v.d"), "bind",
            @"^$(cpath)/sandbox-[0-9a-f]{16}-v$|$(sfprefix)v\.d$", "rbind", "rprivate", "ro");

    [Fact]
    public void OfAnEmptyDir_AreALocalDirectoryOnAks()
    {
        var container = With("emptyDir: {}", BuiltInProfiles.Aks, mount: ", subPath: deep");

        IsMount(At(container, "/data/v.d"), "local", "^$(cpath)/$(sandbox-id)/local/v/deep$", "rbind", "rprivate", "rw");
        Assert.Empty(container.Storages);
    }

    [Theory]
    [InlineData("configMap: {name: c}", "ro")]
    [InlineData("secret: {secretName: s}", "ro")]
    [InlineData("projected: {sources: [{configMap: {name: c}}]}", "ro")]
    [InlineData("downwardAPI: {items: []}", "ro")]
    [InlineData("persistentVolumeClaim: {claimName: c}", "rw")]
    [InlineData("hostPath: {path: /srv}", "rw")]
    [InlineData("azureFile: {secretName: s, shareName: f}", "rw")]
    [InlineData("nfs: {server: h, path: /x}", "rw")]
    public void OfFilesThatTheHostShares_ComeFromTheSharedDirectory(string volume, string access)
    {
        var container = With(volume);

        IsMount(At(container, "/data/v.d"), "bind", @"$(sfprefix)v\.d$", "rbind", "rprivate", access);
        Assert.Empty(container.Storages);
    }

    [Fact]
    public void OfConfigMaps_HaveAStorageWherePlainKataWatchesThem()
    {
        var container = With("configMap: {name: c}", BuiltInProfiles.Kata);

        Assert.Equal("watchable-bind", Assert.Single(container.Storages).Driver);
        Assert.Equal(@"^$(cpath)/watchable/$(bundle-id)-[a-z0-9]{16}-v\.d$", At(container, "/data/v.d").Source);
    }

    [Fact]
    public void OfTheHostsDevices_AreTheGuestsOwn() =>
        IsMount(At(With("hostPath: {path: /dev/shm}", mount: ", mountPropagation: Bidirectional"), "/data/v.d"), "bind", "/dev/shm",
            "rbind", "rshared", "rw");

    [Fact]
    public void TakeThePlaceOfTheRuntimesOwn() =>
        IsMount(
            At(Given.Container("volumeMounts:\n- {name: v, mountPath: /etc/hosts}", pod: "volumes:\n- {name: v, configMap: {name: c}}"),
                "/etc/hosts"), "bind",
            "$(sfprefix)hosts$", "rbind", "rprivate", "ro");

    [Fact]
    public void OfTheImage_AppearUnlessThePodMountsSomethingThere()
    {
        var container = Given.Container(
            "volumeMounts:\n- {name: v, mountPath: /a/}", Given.Start with { Volumes = ["/a", "//b//c"] },
            pod: "volumes:\n- {name: v, configMap: {name: c}}");

        Assert.DoesNotContain(container.Oci.Mounts, mount => mount.Destination == "/a");
        IsMount(At(container, "/b/c"), "bind", "$(sfprefix)c$", "rbind", "rprivate", "rw");
    }

    [Fact]
    public void OfASubPathOfAnEmptyDir_StayOnTheHost_AndThatIsSaid()
    {
        var derived = Given.Derived(
            Given.Yaml("volumeMounts:\n- {name: v, mountPath: /tmp/x, subPath: x}", "volumes:\n- {name: v, emptyDir: {}}"));

        IsMount(At(derived.Data!.Containers[1], "/tmp/x"), "bind", "$(sfprefix)x$", "rbind", "rprivate", "rw");
        Assert.Contains(
            derived.Findings, finding =>
            finding.Severity is FindingSeverity.Note && finding.Message.Contains("sub-path", StringComparison.Ordinal));
    }

    [Fact]
    public void AreRefused_WithoutTheirVolume() =>
        Assert.Equal("spec.containers[0].volumeMounts[0].name", Given.Error("volumeMounts:\n- {name: v, mountPath: /x}").Path);

    [Fact]
    public void AreRefused_OnTheRoot() =>
        Assert.Equal(
            "spec.containers[0].volumeMounts[0].mountPath",
            Given.Error("volumeMounts:\n- {name: v, mountPath: /}", pod: "volumes:\n- {name: v, emptyDir: {}}").Path);

    [Fact]
    public void AreRefused_OfHugePages() =>
        Assert.Contains(
            "huge pages",
            Given.Error("volumeMounts:\n- {name: v, mountPath: /x}", pod: "volumes:\n- {name: v, emptyDir: {medium: HugePages}}").Message,
            StringComparison.Ordinal);
}
