using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Collateral;
using Casemate.Simulator;
using Casemate.Testing;

namespace Casemate.Cli.Tests;

/// <summary>Simulated evidence passes <c>casemate verify</c> only where its root is named, and never as hardware evidence.</summary>
public sealed class SimulatedEvidenceTests
{
    private static readonly SimulatedPlatform Platform = SimulatedPlatform.Create(CommandLine.Noon.AddDays(-1));
    private static readonly byte[] ReportData = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];

    public static TheoryData<string> Kinds => ["sgx 3", "sgx 4", "sgx 5", "tdx 4", "tdx 5", "milan 3", "genoa 3", "turin 5"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void IsAccepted_AsSimulated_UnderItsOwnRoot_AndRefusedWithout(string kind)
    {
        using var directory = new TemporaryDirectory();
        var (bundle, root) = Make(kind);
        File.WriteAllBytes(directory.File("bundle.json"), bundle.Write());
        File.WriteAllBytes(directory.File("root.der"), root);
        string[] arguments = ["verify", directory.File("bundle.json"), "--report-data", Convert.ToHexString(ReportData), "-o", "json"];

        var named = CommandLine.Run([.. arguments, "--root", directory.File("root.der")]);
        using var verdict = JsonDocument.Parse(named.Output);
        Assert.Equal("accepted", verdict.RootElement.GetProperty("verdict").GetString());
        Assert.True(verdict.RootElement.GetProperty("simulated").GetBoolean());
        Assert.Equal(ExitCode.Simulated, named.ExitCode);

        var production = CommandLine.Run(arguments);
        Assert.Equal(ExitCode.Refused, production.ExitCode);
        Assert.Equal(ExitCode.Refused, CommandLine.Run([.. arguments, "--root", "production"]).ExitCode);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void FindsThePckCertificate_ThatTheQuoteNames_AmongSeveral(int type)
    {
        using var directory = new TemporaryDirectory();
        var dcap = Platform.Dcap.With(s => s with { CertificationDataType = type });
        var another = dcap.With(s => s with { Machine = s.Machine with { Ppid = new byte[16] } });
        var quote = dcap.QuoteTdx(new SimulatedTd { MrTd = new byte[48] }, ReportData);
        File.WriteAllBytes(directory.File("quote.bin"), quote);
        File.WriteAllBytes(directory.File("root.der"), Platform.Dcap.RootCaDer);
        Directory.CreateDirectory(directory.File("collateral"));
        StoreCollateral(dcap.Collateral(Tee.Tdx, CommandLine.Noon), directory.File("collateral/all.json"));
        File.WriteAllBytes(directory.File("collateral/a-pck.der"), another.PckDer);
        File.WriteAllBytes(directory.File("collateral/b-ca.der"), dcap.PckCaDer);

        string[] arguments =
        [
            "verify", directory.File("quote.bin"), "--collateral", directory.File("collateral"), "--root", directory.File("root.der"),
            "--report-data", Convert.ToHexString(ReportData), "-o", "json",
        ];
        Assert.Equal(ExitCode.Simulated, CommandLine.Run(arguments).ExitCode);

        // Of another machine alone, the certificate is still shown against the quote, and refused.
        StoreCollateral(another.Collateral(Tee.Tdx, CommandLine.Noon), directory.File("collateral/all.json"));
        Assert.Equal(type >= 4 ? ExitCode.Simulated : ExitCode.Refused, CommandLine.Run(arguments).ExitCode);
    }

    // Genuine documents of a lower evaluation number, issued a day later, must not take the place of those that were named.
    [Fact]
    public void NamedCollateral_IsNotReplaced_ByWhatTheEvidenceBrings()
    {
        using var directory = new TemporaryDirectory();
        var (bundle, root) = Make("tdx 4");
        var early = Platform.Dcap.With(s => s with
        {
            TdxTcbInfo = s.TdxTcbInfo with { TcbEvaluationDataNumber = 21 },
            TdQeIdentity = s.TdQeIdentity with { TcbEvaluationDataNumber = 21 },
        });
        File.WriteAllBytes(directory.File("bundle.json"), bundle.Write());
        File.WriteAllBytes(directory.File("root.der"), root);
        StoreCollateral(early.Collateral(Tee.Tdx, CommandLine.Noon.AddDays(-1)), directory.File("early.json"));

        var run = CommandLine.Run(
            "verify", directory.File("bundle.json"), "--collateral", directory.File("early.json"), "--root", directory.File("root.der"),
            "-o", "json");

        using var verdict = JsonDocument.Parse(run.Output);
        var number = verdict.RootElement.GetProperty("checks").EnumerateArray()
            .Single(check => check.GetProperty("name").GetString() == "EvaluationNumber");
        Assert.Equal("21", number.GetProperty("actual").GetString());
    }

    private static void StoreCollateral(Attestation.Dcap.DcapCollateral collateral, string path)
    {
        using var stream = File.Create(path);
        using var json = new Utf8JsonWriter(stream);
        DcapCollateralJson.Write(json, collateral);
    }

    [Fact]
    public void TheTable_EndsWithTheWordsThatNobodyMistakes()
    {
        using var directory = new TemporaryDirectory();
        var (bundle, root) = Make("tdx 4");
        File.WriteAllBytes(directory.File("bundle.json"), bundle.Write());
        File.WriteAllBytes(directory.File("root.der"), root);

        var run = CommandLine.Run("verify", directory.File("bundle.json"), "--root", directory.File("root.der"));

        Assert.Equal("verdict: SIMULATED - not hardware evidence", run.Lines[^1]);
        Assert.DoesNotContain("ACCEPTED", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherInstallationsRoot_DoesNotHelp()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory.File("bundle.json"), Make("sgx 3").Bundle.Write());
        File.WriteAllBytes(directory.File("root.der"), SimulatedPlatform.Create(CommandLine.Noon).Dcap.RootCaDer);

        Assert.Equal(
            ExitCode.Refused, CommandLine.Run("verify", directory.File("bundle.json"), "--root", directory.File("root.der")).ExitCode);
    }

    private static (EvidenceBundle Bundle, byte[] Root) Make(string kind)
    {
        var (name, version) = (kind.Split(' ')[0], int.Parse(kind.Split(' ')[1], null));
        return name switch
        {
            "sgx" => Dcap(Tee.Sgx, Platform.Dcap.QuoteSgx(new SimulatedEnclave { MrEnclave = new byte[32] }, ReportData, version)),
            "tdx" => Dcap(Tee.Tdx, Platform.Dcap.QuoteTdx(new SimulatedTd { MrTd = new byte[48] }, ReportData, version)),
            _ => Snp(Enum.Parse<SnpProduct>(name, ignoreCase: true), version),
        };
    }

    private static (EvidenceBundle Bundle, byte[] Root) Dcap(Tee tee, byte[] quote)
    {
        var collateral = Platform.Dcap.Collateral(tee, CommandLine.Noon);
        var bundle = new EvidenceBundle { Tee = tee, Evidence = quote, Made = CommandLine.Noon, DcapCollateral = collateral };
        return (bundle, Platform.Dcap.RootCaDer);
    }

    private static (EvidenceBundle Bundle, byte[] Root) Snp(SnpProduct product, int version)
    {
        var machine = Platform.Snp(product);
        var bundle = new EvidenceBundle
        {
            Tee = Tee.Snp,
            Evidence = machine.Report(new SimulatedGuest { Measurement = new byte[48] }, ReportData, version),
            Made = CommandLine.Noon,
            SnpEndorsements = machine.Endorsements(CommandLine.Noon),
        };
        return (bundle, machine.ArkDer);
    }
}
