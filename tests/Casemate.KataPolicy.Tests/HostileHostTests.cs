using System.Text.Json.Nodes;
using Casemate.KataPolicy.Tests.Derivation;
using Casemate.Rego;

namespace Casemate.KataPolicy.Tests;

/// <summary>A host that writes requests of its own where an honest runtime would write those of the pod.</summary>
public sealed class HostileHostTests
{
    private const string Create = "CreateContainerRequest";
    private const string Shared = "81e5f43bc8599c5661e66f959ac28df5bfb30da23c5d583f2dcc6f9e0c5186dc-ce23cfeb91e75aaa";
    private static readonly TriedPolicy s_web = new(SamplePolicies.Web);
    private static readonly TriedPolicy s_layered = new(SamplePolicies.Layered);

    // Files are copied to paths of this form; where root directories stand beside them, one could be written into another.
    [Theory]
    [InlineData(Shared + "-data")]
    [InlineData(Shared)]
    [InlineData("sandbox-0123456789abcdef-cache")]
    [InlineData("a-ce23cfeb91e75aaa-hosts")]
    public void Refuses_AnIdentifierThatLooksLikeASharedFile(string id)
    {
        foreach (var policy in new[] { s_web, s_layered })
        {
            policy.Refuses(Create, 1, "container identifier", body => Renamed(body, id));
        }
    }

    // When a container goes, the agent removes the directory of its name, whatever else is in there.
    [Theory]
    [InlineData("sandbox")]
    [InlineData("image")]
    [InlineData("layers")]
    [InlineData("0")]
    [InlineData("0b5aee2c-7d3c-4c5e-9a2b-0123456789ab")]
    public void Refuses_AnIdentifierThatADirectoryOfTheGuestMayHave(string id)
    {
        foreach (var policy in new[] { s_web, s_layered })
        {
            policy.Refuses(Create, 1, "container identifier", body => Renamed(body, id));
        }
    }

    [Fact]
    public void Refuses_TheSandboxsIdentifier_WhenItsContainerIsGone()
    {
        var (request, state) = s_web.Next(Create, 1);
        var (pause, _) = s_web.Next(Create, 0);
        var id = pause.Body["container_id"]!.GetValue<string>();
        state = s_web.Decided(state, new JsonRequest("RemoveContainerRequest", new JsonObject { ["container_id"] = id })).State;
        Renamed(request.Body, id);

        Assert.False(s_web.Policy.Decide(state, request.Read()).Allowed);
    }

    [Fact]
    public void Refuses_AProcessUnderTheNameOfItsContainer() => s_web.Refuses(
        "ExecProcessRequest", 0, "shape", body => body["exec_id"] = body["container_id"]!.GetValue<string>());

    [Theory]
    [InlineData("$(todo-annotation)")]
    [InlineData("shop; curl evil")]
    [InlineData("shop\n")]
    [InlineData("")]
    [InlineData("Shop")]
    public void Refuses_ANamespaceThatNoClusterHas(string name)
    {
        var pod = SamplePolicies.Web with
        {
            Containers = [.. SamplePolicies.Web.Containers.Select(one => one with
            {
                Oci = one.Oci with
                {
                    Annotations = new Dictionary<string, string>(one.Oci.Annotations) { ["io.kubernetes.cri.sandbox-namespace"] = "" },
                },
            })],
        };
        new TriedPolicy(pod).Refuses(Create, 0, "sandbox", body =>
        {
            var annotations = body["OCI"]!["Annotations"]!;
            var log = annotations["io.kubernetes.cri.sandbox-log-directory"]!.GetValue<string>();
            var before = annotations["io.kubernetes.cri.sandbox-namespace"]!.GetValue<string>();
            annotations["io.kubernetes.cri.sandbox-log-directory"] = log.Replace($"/{before}_", $"/{name}_", StringComparison.Ordinal);
            annotations["io.kubernetes.cri.sandbox-namespace"] = name;
        });
    }

    [Theory]
    [InlineData("/run/kata-containers/sandbox/ephemeral/cache/x/../../../../../../etc")]
    [InlineData("/run/kata-containers/sandbox/ephemeral/cache/..")]
    [InlineData("/run/kata-containers/sandbox/ephemeral/cache/../other")]
    public void Refuses_AMountThatClimbsOutOfItsVolume(string source)
    {
        var policy = new TriedPolicy(SamplePolicies.Web with
        {
            Containers = [.. SamplePolicies.Web.Containers.Select(one => one with
            {
                Oci = one.Oci with
                {
                    Mounts = [.. one.Oci.Mounts.Select(mount => mount.Destination == "/cache"
                        ? mount with { Source = "^/run/kata-containers/sandbox/ephemeral/cache/[^/].*$" } : mount)],
                },
            })],
        });
        policy.Refuses(Create, 1, "mounts", body =>
            body["OCI"]!["Mounts"]!.AsArray().Single(mount => mount!["destination"]!.GetValue<string>() == "/cache")!["source"] = source);
    }

    [Theory]
    [InlineData("image_guest_pull={}")]
    [InlineData("""image_guest_pull={"metadata":{}}""")]
    [InlineData("""image_guest_pull={"metadata":{"containerd.io/x":"sandbox"}}""")]
    public void Refuses_APauseImageThatTheAgentWouldLookForInARegistry(string option) =>
        s_web.Refuses(Create, 0, "image", body => body["storages"]![0]!["driver_options"]![0] = option);

    [Theory]
    [InlineData("0:0:0:0:0:0")]
    [InlineData("+0:00:00:00:00:00")]
    [InlineData("000:00:00:00:00:00")]
    [InlineData("")]
    public void Refuses_TheLoopBackInterfaceInAnotherSpelling(string address) =>
        s_web.Refuses("UpdateInterfaceRequest", 0, "interface", body => body["interface"]!["hwAddr"] = address);

    [Theory]
    [InlineData("127.0.0.2")]
    [InlineData("::1")]
    [InlineData("::0.0.0.1")]
    [InlineData("0:0:0:0:0:0:0.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    public void Refuses_AnInterfaceWithAnAddressOfTheLoopBack(string address) =>
        s_web.Refuses("UpdateInterfaceRequest", 0, "interface", body => body["interface"]!["IPAddresses"] =
            new JsonArray(new JsonObject { ["family"] = 0, ["address"] = address, ["mask"] = "8" }));

    [Theory]
    [InlineData("127.0.0.1/32")]
    [InlineData("127.0.0.0/8")]
    [InlineData("::1/128")]
    public void Refuses_ARouteFromTheLoopBackWithTheLengthOfItsNetwork(string source) =>
        s_web.Refuses("UpdateRoutesRequest", 0, "routes", body =>
            body["routes"] = new JsonObject { ["Routes"] = new JsonArray(new JsonObject { ["device"] = "eth0", ["source"] = source }) });

    [Theory]
    [InlineData("dest", "127.0.0.0/8")]
    [InlineData("dest", "::1/128")]
    [InlineData("gateway", "127.0.0.1")]
    [InlineData("source", "::ffff:127.0.0.1")]
    public void Refuses_ARouteOfTheLoopBack(string field, string address) => s_web.Refuses("UpdateRoutesRequest", 0, "routes", body =>
        body["routes"] = new JsonObject { ["Routes"] = new JsonArray(new JsonObject { ["device"] = "eth0", ["source"] = "", [field] = address }) });

    [Theory]
    [InlineData("dest", "")]
    [InlineData("dest", "10.0.0.0/8")]
    [InlineData("gateway", "fe80::1")]
    public void Takes_ARouteToElsewhere(string field, string address) => Assert.True(s_web.Decide("UpdateRoutesRequest", 0, body =>
        body["routes"] = new JsonObject { ["Routes"] = new JsonArray(new JsonObject { ["device"] = "eth0", ["source"] = "", [field] = address }) })
        .Allowed);

    [Theory]
    [InlineData("MaskedPaths", "/etc/deny-list")]
    [InlineData("MaskedPaths", "/proc/../etc/deny-list")]
    [InlineData("MaskedPaths", "etc")]
    [InlineData("ReadonlyPaths", "/data")]
    public void Refuses_ToHideWhatIsTheContainers(string list, string path) =>
        s_web.Refuses(Create, 1, "linux", body => body["OCI"]!["Linux"]![list]!.AsArray().Add((JsonNode)path));

    [Fact]
    public void Takes_MoreHiddenFilesOfTheKernel() => Assert.True(s_web.Decide(
        Create, 1, body => body["OCI"]!["Linux"]!["MaskedPaths"]!.AsArray().Add((JsonNode)"/sys/devices/virtual/powercap")).Allowed);

    [Theory]
    [InlineData("/run/kata-containers/shared/containers/\0")]
    [InlineData("//")]
    [InlineData("/./")]
    [InlineData("/\n/")]
    public void Refuses_APathThatIsWrittenStrangely(string end) => s_web.Refuses("CopyFileRequest", 0, "path", body =>
        body["path"] = body["path"]!.GetValue<string>() + end + "x");

    [Fact]
    public void Refuses_DeviceNumbersOfTheHostsChoice()
    {
        var policy = Disk();
        policy.Refuses(Create, 1, "linux", body =>
        {
            body["OCI"]!["Linux"]!["Devices"] = new JsonArray(
                new JsonObject { ["Path"] = "/dev/data", ["Type"] = "c", ["Major"] = 1, ["Minor"] = 1 });
            body["devices"] = new JsonArray();
        });
    }

    [Theory]
    [InlineData("c")]
    [InlineData("p")]
    [InlineData("u")]
    [InlineData("")]
    public void Refuses_ANodeOfARawBlockVolumeThatIsNoBlockDevice(string type) =>
        Disk().Refuses(Create, 1, "linux", body => body["OCI"]!["Linux"]!["Devices"]![0]!["Type"] = type);

    [Fact]
    public void Refuses_ASecondNodeAtThePathOfARawBlockVolume_WhoseNumbersTheAgentWouldKeep()
    {
        var message = Disk().Refuses(Create, 1, "linux", body =>
            body["OCI"]!["Linux"]!["Devices"]!.AsArray().Add((JsonNode)new JsonObject
            {
                ["Path"] = "/dev/data",
                ["Type"] = "b",
                ["Major"] = 254,
                ["Minor"] = 0,
            }));
        Assert.Contains("OCI.Linux.Devices", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_AContainerWithoutTheNodeOfItsRawBlockVolume()
    {
        var message = Disk().Refuses(Create, 1, "linux", body => body["OCI"]!["Linux"]!["Devices"] = new JsonArray());
        Assert.Contains("/dev/data", message, StringComparison.Ordinal);
    }

    [Fact]
    public void TakesNumbersAndOwnersOfTheHostsNode_WhichTheAgentReplacesOrWhichOpenADiskOfTheHosts() =>
        Assert.True(Disk().Decide(Create, 1, body => body["OCI"]!["Linux"]!["Devices"]![0] = new JsonObject
        {
            ["Path"] = "/dev/data",
            ["Type"] = "b",
            ["Major"] = 252,
            ["Minor"] = 16,
            ["FileMode"] = 384,
            ["UID"] = 0,
            ["GID"] = 490,
        }).Allowed);

    // The runtime names a storage for each mount that leads to it; the agent counts, and prepares it once.
    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void TakesAStorageAsOftenAsMountsLeadToIt(int times, bool allowed)
    {
        var policy = TwoPlaces();
        var storage = policy.Next(Create, 1).Request.Body["storages"]!.AsArray().First(one => one!["driver"]!.GetValue<string>() == "ephemeral")!;
        var decision = policy.Decide(Create, 1, body => body["storages"] = new JsonArray(
        [
            .. body["storages"]!.AsArray().Where(one => one!["driver"]!.GetValue<string>() != "ephemeral").Select(one => one!.DeepClone()),
            .. Enumerable.Range(0, times).Select(_ => storage.DeepClone()),
        ]));
        Assert.Equal(allowed, decision.Allowed);
    }

    [Fact]
    public void Refuses_AStorageOfTwoMountsThatIsOnceAnother() =>
        TwoPlaces().Refuses(Create, 1, "storages", body =>
            body["storages"]!.AsArray().Last(one => one!["driver"]!.GetValue<string>() == "ephemeral")!["options"]!.AsArray().Add("exec"));

    [Theory]
    [InlineData(true, "blk", "/dev/vdb")]
    [InlineData(true, "scsi", "")]
    [InlineData(false, "mmioblk", "/dev/mem")]
    [InlineData(false, "blk", "/dev/../proc/kcore")]
    public void Decides_HowADiskIsAttached(bool allowed, string type, string name) =>
        Assert.Equal(allowed, Disk().Decide(Create, 1, body =>
            body["devices"] = new JsonArray(
                new JsonObject { ["id"] = "02/00", ["type_"] = type, ["vm_path"] = name, ["container_path"] = "/dev/data" })).Allowed);

    [Fact]
    public void Refuses_AVolumeOfOneContainerInThePlaceOfAnothers()
    {
        var policy = TwoContainers();
        policy.Refuses(Create, 2, "volumes", body => Moved(body, Place(policy, "/private")));
    }

    [Fact]
    public void Refuses_AnotherDeviceForAVolumeThatIsShared()
    {
        var policy = TwoContainers();
        policy.Refuses(Create, 2, "volumes", body => Moved(body, "/run/kata-containers/sandbox/storage/" + Base64("7f")));
    }

    // The agent keeps what containers share mounted until the sandbox ends, so an honest host has no reason for another device.
    [Fact]
    public void Refuses_AnotherDevice_AlsoWhenNoContainerHoldsTheVolumeAnyMore()
    {
        var (policy, state, second) = FirstGone();
        Moved(second.Body, "/run/kata-containers/sandbox/storage/" + Base64("7f"));

        Assert.False(policy.Policy.Decide(state, second.Read()).Allowed);
    }

    [Fact]
    public void Refuses_TheDeviceOfAnotherVolume_AlsoWhenNoContainerHoldsThatAnyMore()
    {
        var (policy, state, second) = FirstGone();
        Moved(second.Body, Place(policy, "/private"));

        Assert.False(policy.Policy.Decide(state, second.Read()).Allowed);
    }

    [Fact]
    public void TakesTheSameDevice_AlsoWhenNoContainerHoldsTheVolumeAnyMore()
    {
        var (policy, state, second) = FirstGone();

        Assert.True(policy.Policy.Decide(state, second.Read()).Allowed);
    }

    private static (TriedPolicy Policy, RegoState State, JsonRequest Second) FirstGone()
    {
        var policy = TwoContainers();
        var (second, state) = policy.Next(Create, 2);
        var (first, _) = policy.Next(Create, 1);
        state = policy.Decided(state, new JsonRequest("RemoveContainerRequest",
            new JsonObject { ["container_id"] = first.Body["container_id"]!.GetValue<string>() })).State;
        return (policy, state, second);
    }

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));

    private static string Place(TriedPolicy policy, string destination) => policy.Next(Create, 1).Request.Body["OCI"]!["Mounts"]!.AsArray()
        .Single(mount => mount!["destination"]!.GetValue<string>() == destination)!["source"]!.GetValue<string>();

    // The container's one block volume at another place, and its storage with it.
    private static void Moved(JsonObject body, string place)
    {
        var storage = body["storages"]!.AsArray().Single(one => one!["driver"]!.GetValue<string>() == "blk")!;
        var before = storage["mount_point"]!.GetValue<string>();
        storage["mount_point"] = place;
        storage["source"] = System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(place[(place.LastIndexOf('/') + 1)..]));
        body["OCI"]!["Mounts"]!.AsArray().Single(mount => mount!["source"]!.GetValue<string>() == before)!["source"] = place;
    }

    // One container with a volume of its own, and one that it shares with a second.
    private static TriedPolicy TwoContainers()
    {
        ContainerPolicy With(string name, params string[] volumes)
        {
            var app = SamplePolicies.App(name, ImageForm.GuestPull);
            return app with
            {
                Storages = [SamplePolicies.Memory("cache"), .. volumes.Select(_ => SamplePolicies.BlockStorage)],
                Oci = app.Oci with
                {
                    Mounts =
                    [
                        .. app.Oci.Mounts.Where(mount => mount.Destination != "/scratch"),
                        .. volumes.Select(volume =>
                            new MountPolicy("/" + volume, "bind", "", ["rbind", "rprivate", "rw"]) { Volume = volume }),
                    ],
                },
            };
        }

        return new(SamplePolicies.Pod(ImageForm.GuestPull, With("app", "private", "shared"), With("log", "shared")));
    }

    private static TriedPolicy TwoPlaces() => new(Given.Data(
        Given.Yaml(
            "volumeMounts: [{name: v, mountPath: /a}, {name: v, mountPath: /b}]", "volumes: [{name: v, emptyDir: {medium: Memory}}]")));

    private static TriedPolicy Disk()
    {
        var app = SamplePolicies.App("disk", ImageForm.GuestPull);
        return new(SamplePolicies.Pod(ImageForm.GuestPull, app with
        {
            Storages = [SamplePolicies.Memory("cache"), SamplePolicies.BlockStorage],
            Devices = [new("/dev/data")],
            Oci = app.Oci with { Linux = app.Oci.Linux with { Devices = ["/dev/data"] } },
        }));
    }

    private static void Renamed(JsonObject body, string id)
    {
        var before = body["container_id"]!.GetValue<string>();
        var changed = JsonNode.Parse(body.ToJsonString().Replace(before, id, StringComparison.Ordinal))!.AsObject();
        foreach (var name in body.Select(pair => pair.Key).ToArray())
        {
            body[name] = changed[name]?.DeepClone();
        }
    }
}
