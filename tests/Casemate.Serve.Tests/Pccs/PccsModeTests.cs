using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Serve.Pccs;
using Casemate.Testing.Attestation;
using static Casemate.Serve.Tests.Pccs.PccsFixture;

namespace Casemate.Serve.Tests.Pccs;

/// <summary>What each mode does about collateral that is not there, and about machines that register.</summary>
public sealed class PccsModeTests
{
    [Theory]
    [InlineData(CollateralMode.Request)]
    [InlineData(CollateralMode.Offline)]
    public async Task WithoutRegistration_NothingIsFetched(CollateralMode mode)
    {
        await using var pccs = await StartAsync(mode);

        Assert.Equal(461, (await pccs.GetAsync(PckCert())).Status);
        Assert.Equal(404, (await pccs.GetAsync($"{Sgx}tcb?fmspc={Machine.Fmspc}")).Status);
        Assert.Equal(404, (await pccs.GetAsync($"{Tdx}qe/identity")).Status);
        Assert.Equal(404, (await pccs.GetAsync($"{Sgx}pckcrl?ca=platform")).Status);
        Assert.Empty(pccs.Upstream.Requests);
    }

    [Fact]
    public async Task Lazy_FetchesCertificates_WhenAMachineAsks_AndAfterwardsNeedsNoPpid()
    {
        await using var pccs = await StartAsync();
        Assert.Equal(461, (await pccs.GetAsync(PckCert(withPpid: false))).Status);

        pccs.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(200, (await pccs.GetAsync(PckCert())).Status);
        Assert.Equal(200, (await pccs.GetAsync(PckCert(withPpid: false))).Status);
    }

    [Fact]
    public async Task Lazy_ServesWhatItFetched_AfterARestartWithoutUpstream()
    {
        await using var pccs = await StartAsync();
        var first = await pccs.GetAsync(PckCert());
        pccs.Upstream.Fault = ProvisioningFault.ServerError;

        await pccs.RestartAsync(CollateralMode.Lazy);

        Assert.Equal(first.Body, (await pccs.GetAsync(PckCert())).Body);
    }

    [Fact]
    public async Task Lazy_SaysNotFound_ForAPpidOfZeros()
    {
        await using var pccs = await StartAsync();
        var target = PckCert().Replace(Machine.EncryptedPpid, new string('0', 768), StringComparison.Ordinal);

        var response = await pccs.GetAsync(target);

        Assert.Equal(404, response.Status);
        Assert.Contains("manifest", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TellsCertificatesThatAreUnavailable_FromAnUnknownPlatform()
    {
        await using var pccs = await StartAsync();
        Assert.Equal(200, (await pccs.GetAsync(PckCert())).Status);

        var response = await pccs.GetAsync(PckCert().Replace(Machine.CpuSvn, new string('0', 32), StringComparison.Ordinal));

        var someMissing = Encoding.UTF8.GetString(Machine.PckCertificates().Body).Contains("Not available", StringComparison.Ordinal);
        Assert.Equal(someMissing ? 462 : 404, response.Status);
    }

    [Fact]
    public async Task AQuestion_CannotChangeWhatIsKnownOfAMachine()
    {
        await using var pccs = await StartAsync();
        Assert.Equal(200, (await pccs.RegisterAsync(Registration())).Status);
        var before = await Record(pccs);

        var foreign = PckCert().Replace(Machine.EncryptedPpid, new string('A', 768), StringComparison.Ordinal);
        Assert.Equal(200, (await pccs.GetAsync(foreign)).Status);
        pccs.Upstream.Fault = ProvisioningFault.NotFound;
        await pccs.GetAsync(foreign.Replace(Machine.CpuSvn, new string('0', 32), StringComparison.Ordinal));

        Assert.Equal(before["enc_ppid"]!.GetValue<string>(), (await Record(pccs))["enc_ppid"]!.GetValue<string>());

        static async Task<JsonNode> Record(PccsFixture pccs) =>
            JsonNode.Parse((await pccs.AdminAsync("GET", $"{Sgx}platforms?source=[]")).Body)!.AsArray()[0]!;
    }

    [Fact]
    public async Task Request_FetchesEverything_WhenAMachineRegisters()
    {
        await using var pccs = await StartAsync(CollateralMode.Request);

        var registered = await pccs.RegisterAsync(Registration(), "?update=all");

        Assert.True(registered.Status == 200, registered.Text);
        pccs.Upstream.Fault = ProvisioningFault.ServerError;
        foreach (var target in (string[])
            [
                PckCert(withPpid: false), $"{Sgx}tcb?fmspc={Machine.Fmspc}", $"{Sgx}tcb?fmspc={Machine.Fmspc}&update=early",
                $"{Tdx}tcb?fmspc={Machine.Fmspc}", $"{Sgx}qe/identity", $"{Tdx}qe/identity", $"{Sgx}qve/identity", $"{Sgx}rootcacrl",
                $"{Sgx}pckcrl?ca={(Machine.PlatformCa ? "platform" : "processor")}",
            ])
        {
            var response = await pccs.GetAsync(target);
            Assert.True(response.Status == 200, $"{target}: {response.Text}");
        }

        Assert.Equal("0", (await pccs.AdminAsync("GET", $"{Sgx}platforms"))["platform-count"]);
        var someMissing = Encoding.UTF8.GetString(Machine.PckCertificates().Body).Contains("Not available", StringComparison.Ordinal);
        Assert.Equal(someMissing ? "1" : "0", (await pccs.AdminAsync("GET", $"{Sgx}platforms?source=reg_na"))["platform-count"]);
    }

    [Fact]
    public async Task Request_KeepsAMachineWaiting_WhenTheUpstreamFails_AndSaysWhy()
    {
        await using var pccs = await StartAsync(CollateralMode.Request);
        pccs.Upstream.Fault = ProvisioningFault.ServerError;

        var registered = await pccs.RegisterAsync(Registration());

        Assert.Equal(502, registered.Status);
        Assert.Contains("503", registered.Text, StringComparison.Ordinal);
        Assert.Equal("1", (await pccs.AdminAsync("GET", $"{Sgx}platforms"))["platform-count"]);
    }

    [Fact]
    public async Task APipeOrALinkAmongTheRegistrations_HoldsNobodyUp()
    {
        await using var pccs = await StartAsync(CollateralMode.Offline);
        Assert.Equal(200, (await pccs.RegisterAsync(Registration())).Status);
        var directory = Path.Combine(pccs.StorePath, "registrations");
        using (var made = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(directory, "reg-0.json")]))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        File.CreateSymbolicLink(Path.Combine(directory, "reg-1.json"), "/dev/zero");

        var list = await pccs.AdminAsync("GET", $"{Sgx}platforms?source=reg");

        Assert.Equal("1", list["platform-count"]);
    }

    [Fact]
    public async Task Offline_QueuesAMachineForTheAdministrator_ThroughRestarts_AndHandsItOutOnce()
    {
        await using var pccs = await StartAsync(CollateralMode.Offline);
        Assert.Equal(200, (await pccs.RegisterAsync(Registration())).Status);
        Assert.Equal(200, (await pccs.RegisterAsync(Registration(manifest: "ABCDEF"))).Status);
        Assert.Contains("casemate_pccs_unregistered_platforms{state=\"reg\"} 1", (await pccs.GetAsync("/metrics")).Text,
            StringComparison.Ordinal);
        await pccs.RestartAsync(CollateralMode.Offline);

        var list = await pccs.AdminAsync("GET", $"{Sgx}platforms?source=reg");

        Assert.Equal("1", list["platform-count"]);
        using var json = JsonDocument.Parse(list.Body);
        var machine = Assert.Single(json.RootElement.EnumerateArray());
        Assert.Equal(Machine.QeId, machine.GetProperty("qe_id").GetString(), ignoreCase: true);
        Assert.Equal("abcdef", machine.GetProperty("platform_manifest").GetString());
        Assert.Equal("0", (await pccs.AdminAsync("GET", $"{Sgx}platforms"))["platform-count"]);
        Assert.Equal(461, (await pccs.GetAsync(PckCert())).Status);
        Assert.Empty(pccs.Upstream.Requests);
    }

    [Fact]
    public async Task Lazy_RegistersAMachineWithItsManifest_WithIntel_Once()
    {
        await using var pccs = await StartAsync();

        Assert.Equal(200, (await pccs.RegisterAsync(Registration(manifest: "0102030405"))).Status);
        Assert.Equal(200, (await pccs.RegisterAsync(Registration(manifest: "0102030405"))).Status);

        Assert.Single(pccs.Upstream.Requests, request => request == "/sgx/registration/v1/platform");
        Assert.Equal(200, (await pccs.GetAsync(PckCert(withPpid: false))).Status);
    }

    [Fact]
    public async Task ForRegisteredMachinesOnly_FetchesNothingForOthers()
    {
        await using var pccs = await StartAsync(CollateralMode.Lazy, options => options with { RegisteredMachinesOnly = true });

        var refused = await pccs.GetAsync(PckCert());

        Assert.Equal(461, refused.Status);
        Assert.Contains("POST platforms", refused.Text, StringComparison.Ordinal);
        Assert.Empty(pccs.Upstream.Requests);
        Assert.Equal(200, (await pccs.GetAsync($"{Sgx}qe/identity")).Status);

        Assert.Equal(200, (await pccs.RegisterAsync(Registration())).Status);
        Assert.Equal(200, (await pccs.GetAsync(PckCert())).Status);
        Assert.Equal(200, (await pccs.GetAsync(PckCert(withPpid: false))).Status);
    }

    [Fact]
    public async Task OneSource_CannotParkCertificates_UnderManyIdsThatNobodyUses()
    {
        await using var pccs = await StartAsync(CollateralMode.Lazy, options => options with { MaxNewMachinesPerSource = 2 });
        static string As(char id) => PckCert().Replace(Machine.QeId, new string(id, 32), StringComparison.Ordinal);
        Assert.Equal(200, (await pccs.GetAsync(As('1'))).Status);
        Assert.Equal(200, (await pccs.GetAsync(As('2'))).Status);
        var asked = pccs.Upstream.Requests.Count;

        var refused = await pccs.GetAsync(As('3'));

        Assert.Equal(503, refused.Status);
        Assert.NotNull(refused["Retry-After"]);
        Assert.Equal(asked, pccs.Upstream.Requests.Count);
        Assert.Contains(pccs.Log, line => line.Contains(" 3535 ", StringComparison.Ordinal));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(pccs.StorePath, "platforms")).Length);
        Assert.Equal(200, (await pccs.GetAsync(As('1'))).Status);
        Assert.Equal(200, (await pccs.RegisterAsync(Registration())).Status);
        Assert.Equal(200, (await pccs.GetAsync(PckCert())).Status);
        pccs.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(200, (await pccs.GetAsync(As('3'))).Status);
    }

    [Fact]
    public async Task AMachineThatRegisters_ReplacesWhatWasKeptUnderItsIdByAQuestion()
    {
        await using var pccs = await StartAsync();
        Assert.Equal(200, (await pccs.GetAsync(PckCert())).Status);
        pccs.Time.Advance(TimeSpan.FromMinutes(1));
        var asked = pccs.Upstream.Requests.Count;

        Assert.Equal(200, (await pccs.RegisterAsync(Registration())).Status);

        Assert.Contains(pccs.Upstream.Requests.Skip(asked), request => request.Contains("pckcerts", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RefusesRegistrations_BeyondItsLimit()
    {
        await using var pccs = await StartAsync(CollateralMode.Offline, options => options with { MaxRegistrations = 1 });
        Assert.Equal(200, (await pccs.RegisterAsync(Registration())).Status);
        var other = Registration();
        other["qe_id"] = new string('b', 32);

        Assert.Equal(503, (await pccs.RegisterAsync(other)).Status);
        Assert.Equal(200, (await pccs.RegisterAsync(Registration())).Status);
    }

    [Fact]
    public async Task LogsNoMachine_AndNoToken()
    {
        await using var pccs = await StartAsync();
        await pccs.RegisterAsync(Registration(manifest: new string('7', 400)));
        await pccs.GetAsync(PckCert());
        pccs.Upstream.Fault = ProvisioningFault.ServerError;
        await pccs.RegisterAsync(Registration(manifest: new string('9', 400)));

        var log = string.Join('\n', pccs.Log);
        Assert.Contains("3520", log, StringComparison.Ordinal);
        foreach (var secret in (string[])
            [Machine.QeId, Machine.EncryptedPpid[..20], new string('7', 20), UserToken, PccsFixture.AdminToken, TestProvisioningServer.SubscriptionKey])
        {
            Assert.DoesNotContain(secret, log, StringComparison.OrdinalIgnoreCase);
        }
    }
}
