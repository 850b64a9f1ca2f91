using System.Text.Json;
using Casemate.Kubernetes;

namespace Casemate.EndToEnd.Tests.Cluster;

/// <summary>
/// What users do with the add-on, by the program's own commands and by pods as they were written years ago; the same for a real cluster and
/// for one that is simulated. Each scenario installs it with described machines and removes it.
/// </summary>
public abstract class AddonScenarios
{
    private const string Machine = "dc2s_v2";

    private protected abstract Task<ClusterUnderTest> OpenAsync();

    [Fact]
    public async Task Installed_HelloIsVerified_InANamespaceOfTheLevelRestricted()
    {
        await using var cluster = await OpenAsync();
        await cluster.InstallAddonAsync(Machine);
        await cluster.RestrictAsync();

        var hello = await cluster.CasemateAsync("deploy", "hello", "-n", cluster.Namespace, "--allow-simulated", "--timeout", "100");

        Assert.True(hello.ExitCode == 20, hello.Output + hello.Error);
        Assert.EndsWith("verdict: SIMULATED - not hardware evidence\n", hello.Output, StringComparison.Ordinal);
        Assert.Contains($"node          {cluster.Node}\n", hello.Output, StringComparison.Ordinal);

        var refused = await cluster.CasemateAsync("deploy", "hello", "-n", cluster.Namespace, "--timeout", "100");
        Assert.True(refused.ExitCode == 1, refused.Output + refused.Error);
    }

    [Fact]
    public async Task WhereDevicesComeByClaims_HelloIsVerified_AndLeavesNoClaim()
    {
        await using var cluster = await OpenAsync();
        await cluster.InstallAddonWithClaimsAsync("dc2s_v3");
        await cluster.RestrictAsync();

        var hello = await cluster.CasemateAsync("deploy", "hello", "-n", cluster.Namespace, "--allow-simulated", "--timeout", "100");

        Assert.True(hello.ExitCode == 20, hello.Output + hello.Error);
        Assert.EndsWith("verdict: SIMULATED - not hardware evidence\n", hello.Output, StringComparison.Ordinal);
        Assert.Contains(", 10Mi of sgx-epc\n", hello.Output, StringComparison.Ordinal);
        Assert.Contains($"node          {cluster.Node}\n", hello.Output, StringComparison.Ordinal);
        await cluster.UntilNothingOfHelloAsync();

        Assert.Matches(@"casemate\.dev/EPCAdvertised +True", (await cluster.CasemateAsync("addon", "status")).Output);
        using var doctor = JsonDocument.Parse((await cluster.CasemateAsync("doctor", "-o", "json")).Output);
        var offered = doctor.RootElement.GetProperty("findings").EnumerateArray().Single(one => one.GetProperty("id").GetString() == "EpcOffered");
        Assert.Equal("passed", offered.GetProperty("outcome").GetString());
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    public async Task OnNodesThatAreGuests_HelloIsVerified_ByTheGuestsEvidence(string tee)
    {
        await using var cluster = await OpenAsync();
        await cluster.InstallAddonWithClaimsAsync($"{tee}-guest", "--tee", tee);
        await cluster.RestrictAsync();

        var hello = await cluster.CasemateAsync(
            "deploy", "hello", "-n", cluster.Namespace, "--tee", tee, "--allow-simulated", "--timeout", "100");

        Assert.True(hello.ExitCode == 20, hello.Output + hello.Error);
        Assert.Contains($", 1 of {tee}-guest\n", hello.Output, StringComparison.Ordinal);
        await cluster.UntilNothingOfHelloAsync();
    }

    [Fact]
    public async Task PodsWrittenForAksAndForIntelsPlugin_AreAdmitted_AndRun()
    {
        await using var cluster = await OpenAsync();
        await cluster.InstallAddonAsync(Machine);

        await cluster.CreateWrittenPodAsync("aks", ResourceFamily.Azure.Name, "10");
        await cluster.CreateWrittenPodAsync("intel", ResourceFamily.Intel.Name, "10Mi");

        await cluster.UntilReadyAsync("aks");
        await cluster.UntilReadyAsync("intel");
    }

    [Fact]
    public async Task MoreThanThereIs_StaysPending()
    {
        await using var cluster = await OpenAsync();
        await cluster.InstallAddonAsync(Machine);
        var offered = await cluster.UntilOfferedAsync(ResourceFamily.Azure.Name);
        await cluster.CreatePodAsync("most", (ResourceFamily.Azure.Name, offered - 5));
        await cluster.UntilReadyAsync("most");

        await cluster.CreateWrittenPodAsync("more", ResourceFamily.Intel.Name, "10Mi");

        await cluster.UntilUnschedulableAsync("more");
    }

    [Fact]
    public async Task WithTheWebhookDown_PodsAreMadeAllTheSame()
    {
        await using var cluster = await OpenAsync();
        await cluster.InstallAddonAsync(Machine);

        await cluster.StopWebhookAsync();
        await cluster.CreatePodAsync("ordinary");
        await cluster.CreatePodAsync("enclave", (ResourceFamily.Azure.Name, 10));
        await cluster.CreateWrittenPodAsync("intel", ResourceFamily.Intel.Name, "10Mi");

        await cluster.UntilReadyAsync("ordinary");
        await cluster.UntilReadyAsync("enclave");

        // What asks for a name that no node publishes was the webhook's to translate.
        await cluster.UntilUnschedulableAsync("intel");
    }

    [Fact]
    public async Task AnUpgradeUnderLoad_LosesNoPod()
    {
        await using var cluster = await OpenAsync();
        Assert.SkipWhen(cluster.NextImage is null, "no image to upgrade to is named: set CASEMATE_E2E_NEXT_IMAGE");
        await cluster.InstallAddonAsync(Machine);
        await cluster.CreatePodAsync("first", (ResourceFamily.Azure.Name, 5));
        await cluster.UntilReadyAsync("first");
        var before = await cluster.PodAsync("first");

        var upgrade = cluster.CasemateAsync("addon", "upgrade", "--image", cluster.NextImage!, "--yes", "--timeout", "100");
        var made = 0;
        do
        {
            await cluster.CreatePodAsync($"load-{made++}", (ResourceFamily.Azure.Name, 1));
            await Task.WhenAny(upgrade, cluster.PauseAsync());
        }
        while (!upgrade.IsCompleted && made < 10);

        var upgraded = await upgrade;
        Assert.True(upgraded.ExitCode == 0, upgraded.Output + upgraded.Error);
        for (var pod = 0; pod < made; pod++)
        {
            await cluster.UntilReadyAsync($"load-{pod}");
        }

        Assert.Equal(before, await cluster.PodAsync("first"));
    }

    [Fact]
    public async Task Uninstalled_ItLeavesNoTrace()
    {
        await using var cluster = await OpenAsync();
        await cluster.InstallAddonAsync(Machine);
        Assert.NotEmpty(await cluster.TracesAsync());

        await cluster.UninstallAddonAsync();

        await cluster.UntilNoTraceAsync();
    }
}
