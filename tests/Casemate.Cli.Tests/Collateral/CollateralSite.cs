using System.Security.Cryptography;
using Casemate.Attestation.Snp;
using Casemate.Simulator;
using Casemate.Testing;
using Casemate.Testing.Attestation;

namespace Casemate.Cli.Tests.Collateral;

/// <summary>A site: evidence of simulated machines in files, the root to accept, and a server with their collateral.</summary>
internal sealed class CollateralSite : IAsyncDisposable
{
    private static readonly Lazy<SimulatedPlatform> LazyPlatform = new(() =>
    {
        var platform = SimulatedPlatform.Create(CommandLine.Noon.AddDays(-1));
        _ = platform.Snp(SnpProduct.Milan);
        return platform;
    });

    private readonly TemporaryDirectory _directory = new();

    private CollateralSite(TestProvisioningServer server) => Server = server;

    public static SimulatedPlatform Platform => LazyPlatform.Value;

    public TestProvisioningServer Server { get; }

    /// <summary>The certification base, as <c>pccs_url</c> names it.</summary>
    public string Pccs => Server.CertificationBase.ToString();

    /// <summary>What most commands of a site say: its store and its roots.</summary>
    public string[] Store => ["--dir", File("store"), "--root", File("roots.pem")];

    public static async Task<CollateralSite> StartAsync()
    {
        var site = new CollateralSite(await TestProvisioningServer.StartAsync(Platform, new ManualTimeProvider(CommandLine.Noon)));
        var data = new byte[64];
        System.IO.File.WriteAllBytes(site.File("sgx.bin"), Platform.Dcap.QuoteSgx(new SimulatedEnclave { MrEnclave = new byte[32] }, data));
        System.IO.File.WriteAllBytes(site.File("tdx.bin"), Platform.Dcap.QuoteTdx(new SimulatedTd { MrTd = new byte[48] }, data));
        var snp = Platform.Snp(SnpProduct.Milan);
        System.IO.File.WriteAllBytes(site.File("snp.bin"), snp.Report(new SimulatedGuest { Measurement = new byte[48] }, data));
        System.IO.File.WriteAllText(
            site.File("roots.pem"),
            PemEncoding.WriteString("CERTIFICATE", Platform.Dcap.RootCaDer) + "\n" + PemEncoding.WriteString("CERTIFICATE", snp.ArkDer) + "\n");
        return site;
    }

    public string File(string name) => _directory.File(name);

    /// <summary>Fetches what all evidence of the site needs, and writes a bundle signed with fleet.key.</summary>
    /// <returns>The bundle.</returns>
    public string ExportBundle()
    {
        AssertSuccess(CommandLine.Run([
            "collateral", "fetch", "--from-evidence", File("sgx.bin"), File("tdx.bin"), File("snp.bin"), "--source", Server.Address.ToString(),
            .. Store]));
        AssertSuccess(CommandLine.Run(["collateral", "export", "--out", File("fleet.tar"), "--key", File("fleet.key"), .. Store]));
        return File("fleet.tar");
    }

    public static void AssertSuccess(CommandLine run) =>
        Assert.True(run.ExitCode == ExitCode.Success, $"exit code {run.ExitCode}: {run.Error}{run.Output}");

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _directory.Dispose();
    }
}
