using System.Text.Json.Nodes;

namespace Casemate.KataPolicy.Tests;

/// <summary>What the rules ask of a container, one check after the other; each is denied alone and by name.</summary>
public sealed class CreateContainerRulesTests
{
    private const string Create = "CreateContainerRequest";
    private static readonly TriedPolicy s_web = new(SamplePolicies.Web);
    private static readonly TriedPolicy s_layered = new(SamplePolicies.Layered);

    [Theory]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("a~0b")]
    [InlineData("")]
    [InlineData("A")]
    public void Refuses_IdentifiersThatReachElsewhereInTheState(string id) =>
        s_web.Refuses(Create, 1, "container identifier", body => body["container_id"] = id);

    [Fact]
    public void Refuses_ContainersThatThePodDoesNotHave() => s_web.Refuses(
        Create, 1, "container", body => body["OCI"]!["Annotations"]!["io.kubernetes.cri.container-name"] = "injected");

    [Theory]
    [InlineData("Hooks")]
    [InlineData("Solaris")]
    [InlineData("Windows")]
    public void Refuses_PartsThatNoContainerHas(string part) =>
        s_web.Refuses(Create, 1, "field", body => body["OCI"]![part] = new JsonObject());

    [Fact]
    public void Refuses_ASeccompFilterOfTheHost() =>
        s_web.Refuses(Create, 1, "field", body =>
            body["OCI"]!["Linux"]!["Seccomp"] = new JsonObject { ["DefaultAction"] = "SCMP_ACT_ALLOW" });

    [Fact]
    public void Accepts_EveryVersionOfTheSet() => Assert.True(s_web.Decide(Create, 1, body => body["OCI"]!["Version"] = "1.3.0").Allowed);

    [Fact]
    public void Refuses_AVersionOutsideOfTheSet() => s_web.Refuses(Create, 1, "OCI version", body => body["OCI"]!["Version"] = "2.0.0");

    [Fact]
    public void Refuses_AnotherSandbox() => s_web.Refuses(
        Create, 1, "sandbox", body =>
            body["OCI"]!["Annotations"]!["io.kubernetes.cri.sandbox-uid"] = "11111111-1111-1111-1111-111111111111");

    [Fact]
    public void Refuses_AnotherNetworkThanTheSandboxHas() => s_web.Refuses(
        Create, 1, "sandbox",
        body => body["OCI"]!["Linux"]!["Namespaces"]!.AsArray().Add((JsonNode)new JsonObject
        {
            ["Type"] = "network",
            ["Path"] = "/run/netns/x"
        }));

    [Fact]
    public void Refuses_AUsersAnnotationOfAnotherValue() =>
        s_web.Refuses(Create, 1, "annotations", body => body["OCI"]!["Annotations"]!["example.com/tier"] = "back");

    [Fact]
    public void Refuses_AnAnnotationThatThePodDoesNotHave() =>
        s_web.Refuses(Create, 1, "annotations", body => body["OCI"]!["Annotations"]!["example.com/new"] = "x");

    [Fact]
    public void Accepts_TheAnnotationThatCarriesThePolicyItself() => Assert.True(s_web.Decide(
        Create, 0, body => body["OCI"]!["Annotations"]!["io.katacontainers.config.hypervisor.cc_init_data"] = "H4sI").Allowed);

    [Fact]
    public void Refuses_AnotherNameOfTheImage() => s_web.Refuses(
        Create, 1, "annotations", body => body["OCI"]!["Annotations"]!["io.kubernetes.cri.image-name"] = "registry.example/web:latest");

    [Fact]
    public void Refuses_TheRootOfAnotherContainer() =>
        s_web.Refuses(Create, 1, "root", body => body["OCI"]!["Root"]!["Path"] = $"/run/kata-containers/{new string('a', 64)}/rootfs");

    [Theory]
    [InlineData("/etc/shadow")]
    [InlineData("/run/kata-containers/shared/containers/$(bundle-id)-0123456789abcdef-hosts")]
    public void Refuses_AMountFromElsewhere(string source) => s_web.Refuses(
        Create, 1, "mounts", body => Mount(body, "/etc/hosts")["source"] = source);

    [Fact]
    public void Refuses_AMountThatIsMissing() => s_web.Refuses(Create, 1, "mounts", body => Remove(body, "/cache"));

    [Fact]
    public void Accepts_AMissingMountThatIsOptional() =>
        Assert.True(s_web.Decide(Create, 1, body => Remove(body, "/var/run/secrets/kubernetes.io/serviceaccount")).Allowed);

    [Fact]
    public void Refuses_AMountThatHidesAnother() => s_web.Refuses(Create, 1, "mounts", body =>
    {
        var mounts = body["OCI"]!["Mounts"]!.AsArray();
        var above = mounts.Single(one => one!["destination"]!.GetValue<string>() == "/cache")!;
        mounts.Remove(above);
        mounts.Add(above);
    });

    [Fact]
    public void Refuses_TwoMountsOfOneBlockDevice() => s_web.Refuses(Create, 1, "mounts", body => Mount(body, "/cache")["source"] =
        Mount(body, "/scratch")["source"]!.DeepClone());

    [Theory]
    [InlineData("registry.example/web:latest")]
    [InlineData("registry.example/web@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("mirror.example/web@" + SamplePolicies.Digest)]
    [InlineData("pause")]
    public void Refuses_AnotherImageToPull(string source) =>
        s_web.Refuses(Create, 1, "image", body => body["storages"]![0]!["source"] = source);

    [Fact]
    public void Refuses_TheClaimThatAnImageIsTheSandboxs() => s_web.Refuses(
        Create, 1, "image",
        body => body["storages"]![0]!["driver_options"]![0] = """image_guest_pull={"metadata":{"io.kubernetes.cri.container-type":"sandbox"}}""");

    [Fact]
    public void Accepts_WhatASnapshotterSaysBeside() => Assert.True(s_web.Decide(
        Create, 1,
        body => body["storages"]![0]!["driver_options"]![0] = """image_guest_pull={"metadata":{"containerd.io/snapshot/cri.layer-digest":"x"}}""").Allowed);

    [Fact]
    public void Refuses_ALayerOfAnotherRoot() => s_layered.Refuses(Create, 1, "image", body => body["storages"]![0]!["options"]![3] =
        "io.katacontainers.fs-opt.root-hash=" + new string('0', 64));

    [Fact]
    public void Refuses_LayersInAnotherOrder() => s_layered.Refuses(Create, 1, "image", body =>
    {
        var storages = body["storages"]!.AsArray();
        var first = storages[0];
        storages.RemoveAt(0);
        storages.Insert(1, first);
    });

    [Fact]
    public void Refuses_AnImageToPull_WhereLayersAreUnderVerity() => s_layered.Refuses(Create, 1, "image", body =>
        body["storages"]!.AsArray().Add(
        (JsonNode)new JsonObject
        {
            ["driver"] = "image_guest_pull",
            ["source"] = "registry.example/x",
            ["fstype"] = "overlay",
            ["mount_point"] = body["OCI"]!["Root"]!["Path"]!.DeepClone(),
        }));

    [Fact]
    public void Refuses_AStorageThatIsMissing() => s_web.Refuses(Create, 1, "storages", body => body["storages"]!.AsArray().RemoveAt(1));

    [Fact]
    public void Refuses_AScratchDiskThatIsNotEncrypted() => s_web.Refuses(
        Create, 1, "storages", body => body["storages"]![2]!["driver_options"]![0] = "create_filesystem");

    [Fact]
    public void Refuses_AnotherArgument_AndSaysWhich()
    {
        var message = s_web.Refuses(Create, 1, "arguments", body => body["OCI"]!["Process"]!["Args"]![1] = "--listen=:81");
        Assert.Contains("'web'", message, StringComparison.Ordinal);
        Assert.Contains("--listen=:81", message, StringComparison.Ordinal);
        Assert.Contains("Fix: ", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--cost=$$5")]
    [InlineData("--cost=5")]
    public void Refuses_ADollarThatIsNotTheOne(string argument) =>
        s_web.Refuses(Create, 1, "arguments", body => body["OCI"]!["Process"]!["Args"]![2] = argument);

    [Theory]
    [InlineData("UID")]
    [InlineData("GID")]
    public void Refuses_AnotherUserOrGroup(string field) => s_web.Refuses(Create, 1, "field", body =>
        body["OCI"]!["Process"]!["User"]![field] = 0);

    [Fact]
    public void Refuses_FurtherGroups() => s_web.Refuses(
        Create, 1, "groups", body => body["OCI"]!["Process"]!["User"]!["AdditionalGids"]!.AsArray().Add((JsonNode)0));

    [Fact]
    public void Refuses_FurtherCapabilities() => s_web.Refuses(
        Create, 1, "capabilities", body => body["OCI"]!["Process"]!["Capabilities"]!["Ambient"]!.AsArray().Add((JsonNode)"CAP_SYS_ADMIN"));

    [Theory]
    [InlineData("MODE=lax")]
    [InlineData("POD_IP=evil")]
    [InlineData("WHO=shop/other")]
    [InlineData("LD_PRELOAD=/x.so")]
    [InlineData("KUBERNETES_SERVICE_HOST=evil.example")]
    public void Refuses_VariablesThatAreNotThePolicys(string variable) => s_web.Refuses(Create, 1, "environment", body =>
    {
        var env = body["OCI"]!["Process"]!["Env"]!.AsArray();
        if (env.FirstOrDefault(one => one!.GetValue<string>().Split('=')[0] == variable.Split('=')[0]) is { } old)
        {
            env.Remove(old);
        }

        env.Add((JsonNode)variable);
    });

    [Fact]
    public void Refuses_TwoValuesOfOneName() => s_web.Refuses(
        Create, 1, "environment", body => body["OCI"]!["Process"]!["Env"]!.AsArray().Add((JsonNode)"MODE=strict"));

    [Fact]
    public void Refuses_AVariableThatIsMissing() => s_web.Refuses(
        Create, 1, "environment", body =>
        {
            var env = body["OCI"]!["Process"]!["Env"]!.AsArray();
            env.Remove(env.Single(one => one!.GetValue<string>() == "MODE=strict"));
        });

    [Fact]
    public void Accepts_VariablesOfAService() => Assert.True(s_web.Decide(
        Create, 1, body => body["OCI"]!["Process"]!["Env"]!.AsArray().Add((JsonNode)"DB_PORT_5432_TCP=tcp://10.0.0.9:5432")).Allowed);

    [Fact]
    public void Refuses_ADevice() => s_web.Refuses(
        Create, 1, "devices", body => body["devices"]!.AsArray().Add((JsonNode)new JsonObject { ["container_path"] = "/dev/sda" }));

    [Fact]
    public void Refuses_AKernelParameter() => s_web.Refuses(
        Create, 1, "linux", body => body["OCI"]!["Linux"]!["Sysctl"]!["kernel.core_pattern"] = "|/x");

    [Fact]
    public void Refuses_PathsThatAreNotMasked() =>
        s_web.Refuses(Create, 1, "linux", body => body["OCI"]!["Linux"]!["MaskedPaths"]!.AsArray().RemoveAt(0));

    [Fact]
    public void Refuses_AStreamThatBypassesTheAgent() => s_web.Refuses(Create, 1, "streams", body => body["stdout_port"] = 1024);

    [Fact]
    public void Accepts_SuchAStream_WhereLogsMayBeRead() =>
        Assert.True(new TriedPolicy(SamplePolicies.Web with { RequestDefaults = new RequestDefaults { ReadStream = true } })
            .Decide(Create, 1, body => body["stdout_port"] = 1024).Allowed);

    private static JsonNode Mount(JsonObject body, string destination) =>
        body["OCI"]!["Mounts"]!.AsArray().Single(one => one!["destination"]!.GetValue<string>() == destination)!;

    private static void Remove(JsonObject body, string destination) => body["OCI"]!["Mounts"]!.AsArray().Remove(Mount(body, destination));

    [Theory]
    [InlineData("scsi", "", true)]
    [InlineData("mmioblk", "/dev/vdb", true)]
    [InlineData("", "", false)]
    [InlineData("vfio-pci-gk", "", false)]
    [InlineData("blk", "/dev/kmsg", false)]
    [InlineData("blk", "/dev/mapper/root", false)]
    public void RawBlockVolumes_AreDisks_HoweverTheRuntimeAttachesThem(string type, string guestPath, bool isAllowed)
    {
        var web = SamplePolicies.Web;
        var tried = new TriedPolicy(web with
        {
            Containers = [web.Containers[0], web.Containers[1] with { Devices = [new DevicePolicy("/dev/raw")] }, .. web.Containers.Skip(2)],
        });

        var decision = tried.Decide(Create, 1, body => (body["devices"]![0]!["type_"], body["devices"]![0]!["vm_path"]) = (type, guestPath));

        Assert.Equal(isAllowed, decision.Allowed);
    }
}
