using System.Text.Json;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.DevicePlugin;
using Casemate.Testing;
using Casemate.Testing.Kubelet;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>Resources beside EPC and its two devices: SCONE's name, and those of Intel's quoting and registration services.</summary>
public sealed class OtherResourceTests
{
    private static readonly ContainerName Container = new("default", "one", "main");

    [Fact]
    public async Task None_IsOffered_UnlessASettingAsksForIt()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v3");

        Assert.All(
            (string[])[AccessResource.Scone, AccessResource.QuotingEnclave, AccessResource.Registration],
            name => Assert.False(node.Kubelet.Knows(name)));
    }

    [Fact]
    public async Task SconesName_GivesTheEnclaveDevice_AndTheSocket()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v3", options => options with
        {
            Advertisement = NodeFixture.Small() with { SconeCount = 7 },
            DevicePlugin = options.DevicePlugin with { AesmAllocations = options.DevicePlugin.Directory + "-aesm" },
        });

        Assert.Equal(7, node.Kubelet.Allocatable("sgx.k8s.io/sgx"));
        var answer = await node.Kubelet.AdmitAsync(Container, ("sgx.k8s.io/sgx", 1));
        Assert.Equal(["/dev/sgx_enclave", "/dev/sgx/enclave"], answer.Devices.Select(device => device.ContainerPath));
        Assert.Single(answer.Mounts);
    }

    [Fact]
    public async Task TheQuotingService_GetsBothDevices_AndThereIsOne()
    {
        await using var node = await StartDcapAsync();

        Assert.Equal(1, node.Kubelet.Allocatable("sgx.intel.com/qe"));
        var answer = await node.Kubelet.AdmitAsync(Container, ("sgx.intel.com/qe", 1));
        Assert.Equal(
            ["casemate.dev/sgx=enclave", "casemate.dev/sgx=provision"], answer.CdiDevices.Select(device => device.Name));
        Assert.Empty(answer.Mounts);
        await Assert.ThrowsAsync<AdmissionException>(
            () => node.Kubelet.AdmitAsync(new ContainerName("default", "two", "main"), ("sgx.intel.com/qe", 1)));
    }

    [Fact]
    public async Task TheRegistrationService_GetsTheFirmwaresVariablesAsWell()
    {
        await using var node = await StartDcapAsync();

        var answer = await node.Kubelet.AdmitAsync(Container, ("sgx.intel.com/registration", 1));
        Assert.Equal(
            ["casemate.dev/sgx=enclave", "casemate.dev/sgx=provision", "casemate.dev/sgx=registration"],
            answer.CdiDevices.Select(device => device.Name));
    }

    [Fact]
    public void TheVariables_AreMountedWhereIntelsServiceLooks()
    {
        using var directory = new TemporaryDirectory();
        using var spec = Spec(new DevicePluginSettings { CdiDirectory = directory.Path });

        var mount = Assert.Single(Edits(spec).GetProperty("mounts").EnumerateArray().ToList());
        Assert.Equal(
            ("efivarfs", "/run/efivars", "efivarfs"),
            (mount.GetProperty("hostPath").GetString(), mount.GetProperty("containerPath").GetString(), mount.GetProperty("type").GetString()));
        Assert.Equal(
            ["rw", "nosuid", "nodev", "noexec", "relatime"], mount.GetProperty("options").EnumerateArray().Select(option => option.GetString()));
    }

    [Fact]
    public void ADescribedMachine_GivesNothingOfTheHostsFirmware()
    {
        using var directory = new TemporaryDirectory();
        using var spec = Spec(new DevicePluginSettings { CdiDirectory = directory.Path, StandIn = "/dev/null" });

        Assert.False(Edits(spec).TryGetProperty("mounts", out _));
        Assert.Equal(["CASEMATE_SIMULATED=1"], Edits(spec).GetProperty("env").EnumerateArray().Select(one => one.GetString()));
    }

    [Fact]
    public void Registration_NeedsCdi()
    {
        var options = NodeFixture.Describe("dc2s_v3").Options;
        options = options with { Advertisement = new AdvertisementSettings { DcapInfrastructure = true } };

        Assert.Contains("CdiDirectory", Assert.Single(options.Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public void DynamicResourceAllocation_HasNoneOfThem()
    {
        Assert.Single(new AdvertisementSettings { Dra = true, SconeCount = 1 }.Validate());
        Assert.Single(new AdvertisementSettings { Dra = true, DcapInfrastructure = true }.Validate());
    }

    [Theory]
    [InlineData(true, 110, "helper")]
    [InlineData(true, 0, "helper")]
    [InlineData(false, 110, "in-process")]
    [InlineData(false, 0, "none")]
    public void ALabel_SaysWhereQuotesComeFrom(bool helper, int provision, string mode)
    {
        var plan = AdvertisementPlan.Make(
            new TestMachine().Scan(), new AdvertisementSettings { QuoteHelper = helper, ProvisionCount = provision });

        Assert.Contains(new PlannedLabel("casemate.dev/sgx-quote-mode", mode), plan.Labels);
    }

    private static Task<NodeFixture> StartDcapAsync() => NodeFixture.StartAsync("dc2s_v3", options => options with
    {
        Advertisement = NodeFixture.Small() with { DcapInfrastructure = true },
        DevicePlugin = options.DevicePlugin with
        {
            CdiDirectory = options.DevicePlugin.Directory + "-cdi",
            AesmAllocations = options.DevicePlugin.Directory + "-aesm",
        },
    });

    private static JsonDocument Spec(DevicePluginSettings settings)
    {
        CdiDevices.Write(settings, new TestMachine().ScanSgx(), registration: true);
        return JsonDocument.Parse(File.ReadAllBytes(Path.Combine(settings.CdiDirectory!, "casemate.dev-sgx.json")));
    }

    private static JsonElement Edits(JsonDocument spec) => spec.RootElement.GetProperty("devices").EnumerateArray()
        .Single(device => device.GetProperty("name").GetString() == "registration").GetProperty("containerEdits");
}
