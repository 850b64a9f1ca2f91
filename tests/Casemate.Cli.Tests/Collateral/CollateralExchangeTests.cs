using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Attestation;
using Casemate.Simulator;

namespace Casemate.Cli.Tests.Collateral;

/// <summary><c>casemate collateral export</c> and <c>import</c> in the forms of others: a Trustee store, the upload for a PCCS.</summary>
public sealed class CollateralExchangeTests
{
    private static string Fmspc => CollateralSite.Platform.Dcap.Provisioning.Fmspc;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Import_TakesWhatWasMadeForAPccs(bool indented)
    {
        await using var site = await CollateralSite.StartAsync();
        File.WriteAllText(
            site.File("platform_collateral.json"),
            PccsUpload(CollateralSite.Platform.Dcap.Provisioning).ToJsonString(new JsonSerializerOptions { WriteIndented = indented }));

        var run = CommandLine.RunWithoutNetwork(["collateral", "import", site.File("platform_collateral.json"), .. site.Store]);

        CollateralSite.AssertSuccess(run);
        CollateralSite.AssertSuccess(CommandLine.Run(["collateral", "check", .. site.Store]));
        CollateralSite.AssertSuccess(CommandLine.Run(["collateral", "export", "--out", site.File("b.tar"), "--unsigned", .. site.Store]));
        Assert.Equal(
            ExitCode.Simulated, CommandLine.RunWithoutNetwork(
                "verify", site.File("tdx.bin"), "--collateral", site.File("b.tar"), "--allow-unsigned-bundle", "--root", site.File("roots.pem")).ExitCode);
        Assert.Single(Directory.GetFiles(site.File("store/platforms"), "*.json"));
    }

    [Fact]
    public async Task PlatformCollateral_GoesBothWays_AndSaysWhatHasNoPlaceInIt()
    {
        await using var site = await CollateralSite.StartAsync();
        _ = site.ExportBundle();
        string[] there = ["--dir", site.File("there"), "--root", site.File("roots.pem")];

        var export = CommandLine.Run(
            ["collateral", "export", "--format", "platformcollateral", "--out", site.File("upload.json"), .. site.Store]);

        CollateralSite.AssertSuccess(export);
        Assert.Contains("left out: vcek/", export.Error, StringComparison.Ordinal);
        Assert.Contains("this form has no place for it", export.Error, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(site.File("upload.json")));
        }

        CollateralSite.AssertSuccess(CommandLine.RunWithoutNetwork(["collateral", "import", site.File("upload.json"), .. there]));
        CollateralSite.AssertSuccess(CommandLine.Run(["collateral", "check", .. there]));
        CollateralSite.AssertSuccess(CommandLine.Run(
            ["collateral", "export", "--format", "platformcollateral", "--out", site.File("again.json"), .. there]));
        Assert.Equal(File.ReadAllText(site.File("upload.json")), File.ReadAllText(site.File("again.json")));
    }

    [Fact]
    public async Task Trustee_StoresGoBothWays()
    {
        await using var site = await CollateralSite.StartAsync();
        _ = site.ExportBundle();
        CollateralSite.AssertSuccess(CommandLine.Run(
            ["collateral", "export", "--trustee", "--out", site.File("kds-store"), .. site.Store]));
        string[] there = ["--dir", site.File("there"), "--root", site.File("roots.pem")];
        CollateralSite.AssertSuccess(CommandLine.Run(
            ["collateral", "fetch", "--product", "milan", "--source", site.Server.Address.ToString(), .. there]));

        var run = CommandLine.RunWithoutNetwork(["collateral", "import", site.File("kds-store"), .. there]);

        CollateralSite.AssertSuccess(run);
        Assert.Contains("1 pieces taken", run.Output, StringComparison.Ordinal);
        CollateralSite.AssertSuccess(CommandLine.Run(["collateral", "check", .. there]));
    }

    [Fact]
    public async Task Trustee_StoreOfASimulator_NeedsItsIssuersFirst_AndTheRefusalSaysSo()
    {
        await using var site = await CollateralSite.StartAsync();
        _ = site.ExportBundle();
        CollateralSite.AssertSuccess(CommandLine.Run(
            ["collateral", "export", "--trustee", "--out", site.File("kds-store"), .. site.Store]));

        var run = CommandLine.RunWithoutNetwork(
            ["collateral", "import", site.File("kds-store"), "--dir", site.File("there"), "--root", site.File("roots.pem")]);

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("casemate collateral fetch --product milan --source simulated", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trustee_StoreWithoutAnything_IsNeitherWrittenNorTaken()
    {
        await using var site = await CollateralSite.StartAsync();
        CollateralSite.AssertSuccess(CommandLine.Run(["collateral", "fetch", "--fmspc", Fmspc, "--source", site.Pccs, .. site.Store]));
        Directory.CreateDirectory(site.File("empty/vcek"));

        var export = CommandLine.Run(["collateral", "export", "--trustee", "--out", site.File("kds-store"), .. site.Store]);
        var import = CommandLine.Run(["collateral", "import", site.File("empty"), .. site.Store]);

        Assert.Equal(ExitCode.Refused, export.ExitCode);
        Assert.Contains("no VCEK is kept", export.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(site.File("kds-store")));
        Assert.Equal(ExitCode.Refused, import.ExitCode);
        Assert.Contains("holds nothing to import", import.Error, StringComparison.Ordinal);
    }

    // In the form of the tool that prepares uploads for a PCCS without network.
    private static JsonObject PccsUpload(SimulatedProvisioning machine)
    {
        var now = CommandLine.Noon;
        static string Hex(SimulatedDocument document) => Convert.ToHexString(document.Body);
        static string Text(SimulatedDocument document) => Encoding.UTF8.GetString(document.Body);
        var (platform, processor) = (machine.PckCrl(platformCa: true, now), machine.PckCrl(platformCa: false, now));
        JsonObject Named(string name, JsonNode? value) => new()
        {
            ["qe_id"] = machine.QeId,
            ["pce_id"] = machine.PceId,
            ["enc_ppid"] = machine.EncryptedPpid,
            ["platform_manifest"] = "",
            [name] = value,
        };
        return new JsonObject
        {
            ["platforms"] = new JsonArray(Named("cpu_svn", machine.CpuSvn)),
            ["collaterals"] = new JsonObject
            {
                ["version"] = "3.0",
                ["pck_certs"] = new JsonArray(Named("certs", JsonNode.Parse(Text(machine.PckCertificates())))),
                ["tcbinfos"] = new JsonArray(new JsonObject
                {
                    ["fmspc"] = machine.Fmspc,
                    ["sgx_tcbinfo"] = JsonNode.Parse(Text(machine.TcbInfo(Tee.Sgx, now))),
                    ["tdx_tcbinfo"] = JsonNode.Parse(Text(machine.TcbInfo(Tee.Tdx, now))),
                }),
                ["pckcacrl"] = new JsonObject { ["processorCrl"] = Hex(processor), ["platformCrl"] = Hex(platform) },
                ["qeidentity"] = Text(machine.QeIdentity(Tee.Sgx, now)),
                ["tdqeidentity"] = Text(machine.QeIdentity(Tee.Tdx, now)),
                ["certificates"] = new JsonObject
                {
                    ["SGX-PCK-Certificate-Issuer-Chain"] = new JsonObject
                    {
                        ["PROCESSOR"] = Uri.EscapeDataString(processor.IssuerChainPem),
                        ["PLATFORM"] = Uri.EscapeDataString(platform.IssuerChainPem),
                    },
                    ["SGX-TCB-Info-Issuer-Chain"] = Uri.EscapeDataString(machine.TcbInfo(Tee.Sgx, now).IssuerChainPem),
                    ["SGX-Enclave-Identity-Issuer-Chain"] = Uri.EscapeDataString(machine.QeIdentity(Tee.Sgx, now).IssuerChainPem),
                },
                ["rootcacrl"] = Hex(machine.RootCaCrl(now)),
            },
        };
    }
}
