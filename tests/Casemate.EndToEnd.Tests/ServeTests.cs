using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Broker;
using Casemate.Quoting;
using Casemate.Quoting.Simulated;
using Casemate.Serve.Guest;
using Casemate.Simulator;
using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

public sealed class ServeTests(SharedState state) : IDisposable
{
    private static readonly ResourcePath Greeting = ResourcePath.Parse("default/secret/greeting");
    private static readonly string App = Path.Combine(RepositoryPaths.Root, "examples", "hello-secret", "app.sh");
    private readonly TemporaryDirectory _directory = new();

    private string Store => _directory.File("store");

    private string Policy => _directory.File("policy.yaml");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("snp", "--roots", "production")]
    [InlineData("sgx", "--roots", "production")]
    [InlineData("tdx", "--roots", "production")]
    [InlineData("snp")]
    [InlineData("sgx")]
    [InlineData("tdx")]
    public async Task Refuses_SimulatedEvidenceUnlessItsRootIsNamed(string tee, params string[] roots)
    {
        var collateral = await PrepareAsync(tee);
        await using var service = await RunningService.StartAsync(
            Store, ["--plain-http", "--policy", Policy, "--collateral", collateral, .. roots]);
        await service.SetSecretAsync("default/secret/greeting", "open sesame");
        using var client = service.Client(await WorkloadAsync(tee));

        var refusal = await Assert.ThrowsAsync<KbsClientException>(() => client.GetResourceAsync(Greeting, CancellationToken.None));

        Assert.Equal(KbsClientError.Refused, refusal.Error);
        Assert.Contains("TrustRoot", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("open sesame", refusal.Message + service.Program.Error + service.Program.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("sgx")]
    [InlineData("tdx")]
    public async Task Releases_ToSimulatedEvidenceIfItsRootIsNamed(string tee)
    {
        var collateral = await PrepareAsync(tee);
        await using var service = await RunningService.StartAsync(
            Store, "--policy", Policy, "--collateral", collateral, "--allow-simulated", state.RootsFile);
        await service.SetSecretAsync("default/secret/greeting", "hello");
        using var client = service.Client(await WorkloadAsync(tee));

        Assert.Equal("hello", Encoding.UTF8.GetString(await client.GetResourceAsync(Greeting, CancellationToken.None)));
        Assert.StartsWith("https", service.Address.Scheme, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Refuses_SampleEvidenceUnlessAsked(bool asked)
    {
        await PrepareAsync("snp");
        await using var service = await RunningService.StartAsync(
            Store, ["--plain-http", "--policy", Policy, .. asked ? ["--accept-sample-evidence"] : Array.Empty<string>()]);
        await service.SetSecretAsync("default/secret/greeting", "hello");
        using var client = service.Client(new SampleEvidence());

        if (asked)
        {
            Assert.Equal("hello", Encoding.UTF8.GetString(await client.GetResourceAsync(Greeting, CancellationToken.None)));
        }
        else
        {
            await Assert.ThrowsAsync<KbsClientException>(() => client.GetResourceAsync(Greeting, CancellationToken.None));
        }
    }

    [Fact]
    public async Task Refuses_EverybodyWithoutAPolicy()
    {
        var collateral = await PrepareAsync("snp");
        await using var service = await RunningService.StartAsync(
            Store, "--plain-http", "--collateral", collateral, "--allow-simulated", state.RootsFile);
        await service.SetSecretAsync("default/secret/greeting", "hello");
        using var client = service.Client(await WorkloadAsync("snp"));

        var refusal = await Assert.ThrowsAsync<KbsClientException>(() => client.GetResourceAsync(Greeting, CancellationToken.None));

        Assert.Equal(KbsClientError.Refused, refusal.Error);
        Assert.Contains("Identity", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("name: empty\n")]
    public async Task Warns_WhenThePolicyAdmitsNobody(string? policy)
    {
        if (policy is not null)
        {
            await File.WriteAllTextAsync(Policy, policy);
        }

        await using var service = await RunningService.StartAsync(
            Store, ["--plain-http", .. policy is null ? Array.Empty<string>() : ["--policy", Policy]]);

        Assert.Contains("\"EventId\":3124", service.Program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_TheFirstFailedCheckInTheLog()
    {
        var collateral = await PrepareAsync("tdx");
        await using var service = await RunningService.StartAsync(
            Store, "--plain-http", "--collateral", collateral, "--allow-simulated", state.RootsFile);
        using var client = service.Client(await WorkloadAsync("tdx"));

        await Assert.ThrowsAsync<KbsClientException>(() => client.GetResourceAsync(Greeting, CancellationToken.None));

        Assert.Contains("first failed check Identity", await service.Program.ErrorLineAsync("\"EventId\":3001"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dates_ItsCertificateAsMachinesDo()
    {
        await using var service = await RunningService.StartAsync(Store);

        Assert.Matches(
            @"valid until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", await service.Program.ErrorLineAsync("\"EventId\":3110"));
    }

    [Fact]
    public async Task Names_TheFlagOfAStoreThatCannotBeMade()
    {
        var result = await state.CasemateAsync("serve", "--plain-http", "--listen", "127.0.0.1:0", "--store", "/proc/xyz");

        Assert.Equal(4, result.ExitCode);
        Assert.Contains("--store '/proc/xyz' cannot be created", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_NotBelievedUnderAnotherCertificate()
    {
        await using var service = await RunningService.StartAsync(Store);
        await using var other = await RunningService.StartAsync(_directory.File("other"));
        var options = new KbsClientOptions { Address = service.Address, HandshakeAttempts = 1 };
        using var unpinned = new KbsClient(options, new SampleEvidence(), TimeProvider.System);
        using var pinnedToOther = new KbsClient(
            options with { PinnedCertificate = other.Certificate }, new SampleEvidence(), TimeProvider.System);

        foreach (var client in new[] { pinnedToOther, unpinned })
        {
            var failure = await Assert.ThrowsAsync<KbsClientException>(() => client.GetTokenAsync(CancellationToken.None));
            Assert.Equal(KbsClientError.Unreachable, failure.Error);
        }
    }

    [Fact]
    public async Task Sees_SecretsThatAreSetAndDeletedWhileItRuns()
    {
        var collateral = await PrepareAsync("snp");
        await using var service = await RunningService.StartAsync(
            Store, "--plain-http", "--policy", Policy, "--collateral", collateral, "--allow-simulated", state.RootsFile);
        using var client = service.Client(await WorkloadAsync("snp"));
        await File.WriteAllTextAsync(_directory.File("secret"), "set while it runs");

        await state.CasemateAsync("secret", "set", "greeting", "--from-file", _directory.File("secret"), "--store", Store);
        var content = await client.GetResourceAsync(Greeting, CancellationToken.None);
        await state.CasemateAsync("secret", "delete", "greeting", "--store", Store);
        var missing = await Assert.ThrowsAsync<KbsClientException>(() => client.GetResourceAsync(Greeting, CancellationToken.None));

        Assert.Equal("set while it runs", Encoding.UTF8.GetString(content));
        Assert.Equal(KbsClientError.NotFound, missing.Error);
    }

    [Theory]
    [InlineData(RunningProgram.Signal.Terminate)]
    [InlineData(RunningProgram.Signal.Interrupt)]
    public async Task Stops_InGoodOrder(RunningProgram.Signal signal)
    {
        await using var service = await RunningService.StartAsync(Store, "--plain-http");

        service.Program.Send(signal);
        var result = await service.Program.EndAsync();

        Assert.Equal(0, result.ExitCode);
        Assert.All(result.Error.TrimEnd('\n').Split('\n'), line => JsonDocument.Parse(line).Dispose());
        Assert.Contains("\"EventId\":3102", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_SettingsFromTheEnvironmentAndFlagsFirst()
    {
        var environment = new Dictionary<string, string?>
        {
            ["CASEMATE_STORE"] = Store,
            ["CASEMATE_LISTEN"] = "not an address",
            ["CASEMATE_PLAIN_HTTP"] = "1",
        };
        await using var program = RunningProgram.StartCasemate(environment, "serve", "--listen", "127.0.0.1:0");

        Assert.Contains("http://127.0.0.1:", await program.ErrorLineAsync("\"EventId\":3100"), StringComparison.Ordinal);
        Assert.True(Directory.Exists(Store));
    }

    [Theory]
    [InlineData(2, "--tls-key", "--tls-cert", "LICENSE")]
    [InlineData(2, "--plain-http is set", "--plain-http", "--listen", "0.0.0.0:0")]
    [InlineData(2, "--listen is 'nowhere'", "--listen", "nowhere")]
    [InlineData(2, "--listen is '8080'", "--listen", "8080")]
    [InlineData(3, "/no/such/policy", "--policy", "/no/such/policy")]
    [InlineData(3, "not YAML", "--policy", "LICENSE")]
    [InlineData(3, "/no/such/collateral", "--collateral", "/no/such/collateral")]
    [InlineData(3, "/no/such/roots", "--allow-simulated", "/no/such/roots")]
    [InlineData(2, "unknown option", "--allow-everything")]
    public async Task Refuses_WrongSettings(int code, string reason, params string[] arguments)
    {
        var result = await state.CasemateAsync(["serve", "--store", Store, .. arguments]);

        Assert.True(code == result.ExitCode, result.Error);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_ASimulatorsRootAmongTheProductionOnes()
    {
        var result = await state.CasemateAsync("serve", "--store", Store, "--roots", state.RootsFile);

        Assert.Equal(3, result.ExitCode);
        Assert.Contains("--allow-simulated", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_AVariableThatIsNeitherYesNorNo()
    {
        var result = await ChildProgram.RunAsync(
            ChildProgram.Casemate.Program, [.. ChildProgram.Casemate.Arguments, "serve", "--store", Store],
            environment: new Dictionary<string, string?> { ["CASEMATE_ACCEPT_SAMPLE_EVIDENCE"] = "maybe" });

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("CASEMATE_ACCEPT_SAMPLE_EVIDENCE", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_WhenThePortIsTaken()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var result = await state.CasemateAsync("serve", "--store", Store, "--plain-http", "--listen", $"{taken.LocalEndpoint}");

        Assert.Equal(4, result.ExitCode);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_WhenTheStoreIsInUse()
    {
        await using var service = await RunningService.StartAsync(Store, "--plain-http");

        var result = await state.CasemateAsync("serve", "--store", Store, "--plain-http", "--listen", "127.0.0.1:0");

        Assert.Equal(4, result.ExitCode);
        Assert.Contains("in use", result.Error, StringComparison.Ordinal);
    }

    // A policy that admits the measured app, and the simulated platform's collateral in a file, as 'casemate run' leaves them.
    private async Task<string> PrepareAsync(string tee)
    {
        var evidence = _directory.File("evidence.json");
        var result = await state.RunAsync(
            "--tee", tee, "--guest-port", "0", "--pin", Policy, "--evidence-out", evidence, "--secret", "greeting=x", "--", App);
        Assert.True(result.ExitCode == 0, result.Error);
        return evidence;
    }

    private async Task<IEvidenceProvider> WorkloadAsync(string tee)
    {
        var installation = await SimulatedInstallation.OpenAsync(
            state.Directory, [SnpProduct.Genoa], TimeProvider.System, CancellationToken.None);
        var measurement = SimulatedMeasurement.OfCommand(SHA384.HashData(await File.ReadAllBytesAsync(App)), []);
        return SimulatedEvidenceProvider.Create(
            installation.Platform, tee switch { "snp" => Tee.Snp, "sgx" => Tee.Sgx, _ => Tee.Tdx }, measurement, TimeProvider.System);
    }
}
