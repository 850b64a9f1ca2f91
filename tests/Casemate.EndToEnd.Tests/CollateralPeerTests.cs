using System.Security.Cryptography.X509Certificates;
using Casemate.Quoting.Simulated;
using Casemate.Simulator;
using Casemate.Testing;
using Casemate.Testing.Attestation;

namespace Casemate.EndToEnd.Tests;

/// <summary>The program as a client of a real TLS peer: authorities of one's own, client certificates, a proxy.</summary>
public sealed class CollateralPeerTests(SharedState state) : IAsyncLifetime
{
    private const int Unreachable = 4;
    private const string Host = "pccs.casemate.test";

    private readonly TemporaryDirectory _directory = new();
    private readonly TestAuthority _authority = new("Casemate test authority");
    private SimulatedPlatform _platform = null!;

    public async ValueTask InitializeAsync()
    {
        _platform = (await SimulatedInstallation.OpenAsync(
            state.Directory, [], TimeProvider.System, TestContext.Current.CancellationToken)).Platform;
        await File.WriteAllTextAsync(_directory.File("ca.pem"), _authority.Pem, TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _authority.Dispose();
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Trusts_TheAuthoritiesThatAreNamed_AndNoOthers()
    {
        using var certificate = _authority.Issue("localhost");
        await using var server = await TestProvisioningServer.StartAsync(_platform, TimeProvider.System, certificate);
        var address = $"https://localhost:{server.Address.Port}/";
        using var stranger = new TestAuthority("Casemate test authority");
        await File.WriteAllTextAsync(_directory.File("other.pem"), stranger.Pem, TestContext.Current.CancellationToken);

        AssertFetched(await FetchAsync(address, [], "--source-ca", _directory.File("ca.pem")));
        await AssertRefusedAsync(server, FetchAsync(address, [], "--source-ca", _directory.File("other.pem")));
        await AssertRefusedAsync(server, FetchAsync(address, []));
    }

    [Fact]
    public async Task Refuses_ACertificateForAnotherName()
    {
        using var certificate = _authority.Issue("elsewhere.casemate.test");
        await using var server = await TestProvisioningServer.StartAsync(_platform, TimeProvider.System, certificate);

        await AssertRefusedAsync(
            server, FetchAsync($"https://localhost:{server.Address.Port}/", [], "--source-ca", _directory.File("ca.pem")));
    }

    [Fact]
    public async Task Shows_ItsCertificate_ToAPeerThatAsks()
    {
        using var certificate = _authority.Issue("localhost");
        using var own = _authority.Issue("client.casemate.test");
        using var foreigners = new TestAuthority("another authority");
        using var foreign = foreigners.Issue("client.casemate.test");
        await using var server = await TestProvisioningServer.StartAsync(
            _platform, TimeProvider.System, certificate, _authority.Issued);
        var address = $"https://localhost:{server.Address.Port}/";

        AssertFetched(await FetchAsync(address, [], ["--source-ca", _directory.File("ca.pem"), .. Certificate("own", own)]));
        await AssertRefusedAsync(server, FetchAsync(address, [], "--source-ca", _directory.File("ca.pem")));
        await AssertRefusedAsync(
            server, FetchAsync(address, [], ["--source-ca", _directory.File("ca.pem"), .. Certificate("foreign", foreign)]));
    }

    [Fact]
    public async Task Goes_ThroughTheProxyOfTheEnvironment_WithTlsToThePeer()
    {
        using var certificate = _authority.Issue(Host);
        await using var server = await TestProvisioningServer.StartAsync(_platform, TimeProvider.System, certificate);
        await using var proxy = new ConnectProxy(server.Address.Port);
        var address = $"https://{Host}:8443/";
        string[] trust = ["--source-ca", _directory.File("ca.pem")];

        AssertFetched(await FetchAsync(address, new() { ["HTTPS_PROXY"] = proxy.Address }, trust));

        // Nobody but the proxy knows the name: without it there is no way, and NO_PROXY is one of those cases.
        Assert.All(proxy.Requests, request => Assert.Equal($"CONNECT {Host}:8443 HTTP/1.1", request));
        Assert.NotEmpty(proxy.Requests);
        var asked = proxy.Requests.Count;
        await AssertRefusedAsync(
            server, FetchAsync(address, new() { ["HTTPS_PROXY"] = proxy.Address, ["NO_PROXY"] = ".casemate.test" }, trust));
        Assert.Equal(asked, proxy.Requests.Count);
    }

    [Fact]
    public async Task DoesNotTrustAProxy_ThatAnswersItself()
    {
        using var stranger = new TestAuthority("a proxy that looks inside");
        using var certificate = stranger.Issue(Host);
        await using var server = await TestProvisioningServer.StartAsync(_platform, TimeProvider.System, certificate);
        await using var proxy = new ConnectProxy(server.Address.Port);

        await AssertRefusedAsync(server, FetchAsync(
            $"https://{Host}:8443/", new() { ["HTTPS_PROXY"] = proxy.Address }, "--source-ca", _directory.File("ca.pem")));
    }

    private string[] Certificate(string name, X509Certificate2 certificate)
    {
        File.WriteAllText(_directory.File(name + ".crt"), certificate.ExportCertificatePem());
        File.WriteAllText(_directory.File(name + ".key"), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return ["--source-cert", _directory.File(name + ".crt"), "--source-key", _directory.File(name + ".key")];
    }

    private Task<ChildProgram> FetchAsync(string address, Dictionary<string, string?> environment, params string[] arguments)
    {
        foreach (var (name, value) in state.Environment)
        {
            environment[name] = value;
        }

        foreach (var name in (string[])["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"])
        {
            environment.TryAdd(name, null);
        }

        return ChildProgram.RunAsync(
            ChildProgram.Casemate.Program,
            [
                .. ChildProgram.Casemate.Arguments, "collateral", "fetch", "--fmspc", _platform.Dcap.Provisioning.Fmspc, "--tee", "sgx",
                "--ca", "platform", "--source", address, "--dir", _directory.File(Path.GetRandomFileName()), "--root", state.RootsFile,
                .. arguments,
            ],
            environment: environment);
    }

    private static void AssertFetched(ChildProgram run) =>
        Assert.True(run.ExitCode == 0, $"exit code {run.ExitCode}: {run.Error}{run.Output}");

    private static async Task AssertRefusedAsync(TestProvisioningServer server, Task<ChildProgram> fetch)
    {
        var before = server.Requests.Count;
        var run = await fetch;

        Assert.True(run.ExitCode == Unreachable, $"exit code {run.ExitCode}: {run.Error}{run.Output}");
        Assert.Equal(before, server.Requests.Count);
    }
}
