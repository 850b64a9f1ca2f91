using System.Text.Json;
using Casemate.Testing;

namespace Casemate.Cli.Tests;

/// <summary><c>casemate verify --policy</c>: what a relying party asks.</summary>
public sealed class VerifyPolicyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CorpusCase _case = CorpusCase.Get("oak-genoa-v5-vcek");

    public void Dispose() => _directory.Dispose();

    private string Measurement => _case.Facts.GetProperty("measurement").GetString()!;

    private string ReportData => Convert.ToHexString(_case.Report.AsSpan(0x50, 64));

    [Fact]
    public void Accepts_TheMeasurementAndReportDataThatWereAskedFor()
    {
        var run = Verify(
            $"version: 1\nname: shop\nacceptUnknownRevocation: true\nsnp:\n  measurements: [{Measurement}]\n", "--report-data", ReportData);

        Assert.Equal(ExitCode.Success, run.ExitCode);
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal("shop", json.RootElement.GetProperty("policy").GetString());
        Assert.DoesNotContain("notAsked", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_AnotherMeasurement_AndNamesBoth()
    {
        var run = Verify(
            $"version: 1\nacceptUnknownRevocation: true\nsnp:\n  measurements: ['{new string('a', 96)}']\n", "--report-data", ReportData);

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        var check = Assert.Single(Failed(run));
        Assert.Equal("Identity", check.GetProperty("name").GetString());
        Assert.Contains(new string('a', 96), check.GetProperty("expected").GetString(), StringComparison.Ordinal);
        Assert.Contains(Measurement, check.GetProperty("actual").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_EvidenceWithoutReportData_UnlessThePolicySaysOtherwise()
    {
        var policy = $"version: 1\nacceptUnknownRevocation: true\nsnp:\n  measurements: [{Measurement}]\n";

        Assert.Equal("ReportData", Assert.Single(Failed(Verify(policy))).GetProperty("name").GetString());
        Assert.Equal(ExitCode.Success, Verify(policy + "acceptUnboundEvidence: true\n").ExitCode);
        Assert.Equal(ExitCode.Success, Verify(policy + $"reportData: {ReportData}\n").ExitCode);
    }

    [Fact]
    public void TheReportDataOfTheCommandLine_CountsMoreThanTheFiles()
    {
        var policy = "version: 1\nacceptUnknownRevocation: true\nacceptUnboundEvidence: true\n"
            + $"reportData: {ReportData}\nsnp:\n  measurements: [{Measurement}]\n";

        Assert.Equal("ReportData", Assert.Single(Failed(Verify(policy, "--report-data", "00"))).GetProperty("name").GetString());
    }

    [Fact]
    public void Refuses_AKindOfHardwareThatThePolicyDoesNotName()
    {
        var run = Verify(
            "version: 1\ntees: [sgx, tdx]\nacceptUnknownRevocation: true\nacceptAnyIdentity: true\nacceptUnboundEvidence: true\n");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        var check = Assert.Single(Failed(run));
        Assert.Equal("AcceptedTee", check.GetProperty("name").GetString());
        Assert.Equal("sgx or tdx", check.GetProperty("expected").GetString());
        Assert.Equal("snp", check.GetProperty("actual").GetString());
    }

    [Fact]
    public void AnEmptyPolicy_AcceptsNothing()
    {
        Assert.Equal(ExitCode.Refused, Verify("version: 1\n").ExitCode);
    }

    [Theory]
    [InlineData("version: 1\nmeasurments: []\n", "policy.yaml: line 2, column 1: ")]
    [InlineData("version: 2\n", "policy.yaml: line 1, column ")]
    [InlineData("{", "policy.yaml: line ")]
    public void Names_LineAndColumn_OfAWrongPolicy(string policy, string expected)
    {
        var run = Verify(policy);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_ThatThePolicyDoesNotExist()
    {
        var run = CommandLine.Run("verify", _case.Folder, "--policy", "/nowhere.yaml");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Equal("casemate: /nowhere.yaml: no such file\n", run.Error);
    }

    [Fact]
    public void TheTable_NamesThePolicy()
    {
        File.WriteAllText(_directory.File("policy.yaml"), "version: 1\nname: shop\n");

        var run = CommandLine.Run("verify", _case.Folder, "--policy", _directory.File("policy.yaml"));

        Assert.Contains($"policy        shop ({_directory.File("policy.yaml")})", run.Lines);
    }

    private CommandLine Verify(string policy, params string[] more)
    {
        File.WriteAllText(_directory.File("policy.yaml"), policy);
        return CommandLine.Run(
            ["verify", _case.Folder, "--at", _case.VerifyAt.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture),
                "--policy", _directory.File("policy.yaml"), "-o", "json", .. more]);
    }

    private static List<JsonElement> Failed(CommandLine run) =>
    [
        .. JsonDocument.Parse(run.Output).RootElement.GetProperty("checks").EnumerateArray()
            .Where(check => check.GetProperty("outcome").GetString() == "failed"),
    ];
}
