using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Collateral;
using Casemate.Testing;

namespace Casemate.Cli.Tests;

public sealed class VerifyCommandTests
{
    private static readonly CorpusCase Tdx = CorpusCase.Get("dcapqvl-tdx-v4-uptodate");
    private static readonly CorpusCase OutOfDate = CorpusCase.Get("dcaprs-sgx-platCA-outofdate");

    private static EvidenceBundle Bundle =>
        new() { Tee = Tee.Tdx, Evidence = Tdx.Quote, Made = CommandLine.Noon, DcapCollateral = Tdx.DcapCollateral() };

    private static string QuotePath(CorpusCase corpus) => Path.Combine(corpus.Folder, "quote.bin");

    private static string CollateralPath(CorpusCase corpus) => Path.Combine(corpus.Folder, "collateral.json");

    private static string At(CorpusCase corpus) => corpus.VerifyAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);

    [Fact]
    public void Ends_WithTheVerdict()
    {
        Assert.Equal("verdict: ACCEPTED", CommandLine.Run("verify", QuotePath(Tdx), "--at", At(Tdx)).Lines[^1]);
        Assert.Equal(
            "verdict: REJECTED: TcbStatus: expected UpToDate, found OutOfDate, TCB date 2023-08-09T00:00:00Z",
            CommandLine.Run("verify", QuotePath(OutOfDate), "--at", At(OutOfDate)).Lines[^1]);
    }

    [Fact]
    public void Says_WhenTheEvidenceIsAnEmptyName()
    {
        var run = CommandLine.Run("verify", "");

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.StartsWith("casemate: EVIDENCE is empty", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_ProminentlyThatNoPolicyWasGiven()
    {
        var run = CommandLine.Run("verify", QuotePath(Tdx), "--at", At(Tdx));

        Assert.Contains("policy        none given: asked only whether the evidence is genuine, current and not debuggable", run.Lines);
        Assert.Contains(run.Lines, line => line.StartsWith("not asked  Identity", StringComparison.Ordinal));
        Assert.Contains(run.Lines, line => line.StartsWith("not asked  ReportData", StringComparison.Ordinal));
    }

    [Fact]
    public void Explains_EveryAdvisory_AndHowFarBehindThePlatformIs()
    {
        var run = CommandLine.Run("verify", QuotePath(OutOfDate), "--at", At(OutOfDate));

        Assert.Contains(run.Lines, line => line.StartsWith("behind        SGX TCB component", StringComparison.Ordinal));
        Assert.Contains(run.Lines, line => line.Contains("INTEL-SA-00960  A protection mechanism", StringComparison.Ordinal));
        Assert.Contains(
            run.Lines, line => line.Trim() == "https://www.intel.com/content/www/us/en/security-center/advisory/intel-sa-00960.html");
        Assert.Contains(run.Lines, line => line == "rejected for one reason");
    }

    [Fact]
    public void Prints_ALink_ForAnAdvisoryThatIsNotInTheTable()
    {
        var corpus = CorpusCase.Get("oe-tdx-v5-outofdate");
        var run = CommandLine.Run("verify", QuotePath(corpus), "--at", At(corpus));

        Assert.Contains(
            "  INTEL-SA-01397  https://www.intel.com/content/www/us/en/security-center/advisory/intel-sa-01397.html", run.Lines);
    }

    [Fact]
    public void FitsANarrowTerminal()
    {
        var run = CommandLine.RunWith(
            new Dictionary<string, string> { ["COLUMNS"] = "60", ["NO_COLOR"] = "1" }, [], true,
            "verify", QuotePath(OutOfDate), "--at", At(OutOfDate));

        var links = run.Lines.Where(line => line.TrimStart().StartsWith("https://", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(links);
        Assert.All(run.Lines.Except(links).SkipLast(1), line => Assert.InRange(line.Length, 0, 60));
    }

    [Fact]
    public void ColoursOnlyATerminal_AndNotWhenAskedNotTo()
    {
        string[] arguments = ["verify", QuotePath(Tdx), "--at", At(Tdx)];
        const string escape = "\u001b[";

        var plain = new Dictionary<string, string>();
        var noColor = new Dictionary<string, string> { ["NO_COLOR"] = "1" };

        Assert.Contains(escape, CommandLine.RunWith(plain, [], true, arguments).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(escape, CommandLine.RunWith(plain, [], false, arguments).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(escape, CommandLine.RunWith(noColor, [], true, arguments).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(escape, CommandLine.RunWith(plain, [], true, [.. arguments, "--no-color"]).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Writes_YamlWithTheContentOfTheJson()
    {
        var yaml = CommandLine.Run("verify", QuotePath(Tdx), "--at", At(Tdx), "-o", "yaml");

        Assert.Equal(ExitCode.Success, yaml.ExitCode);
        Assert.StartsWith(
            "apiVersion: \"casemate/v1\"\nverdict: \"accepted\"\nsimulated: false\ntee: \"tdx\"\n", yaml.Output, StringComparison.Ordinal);
        Assert.Contains("\npolicy: null\n", yaml.Output, StringComparison.Ordinal);
        Assert.Contains("\nadvisoryIds: []\n", yaml.Output, StringComparison.Ordinal);
        Assert.Contains("\n- name: \"EvidenceFormat\"\n  outcome: \"passed\"\n", yaml.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Gives_TheSameBytesEveryTime()
    {
        string[] arguments = ["verify", QuotePath(OutOfDate), "--at", At(OutOfDate), "-o", "json"];

        Assert.Equal(CommandLine.Run(arguments).Output, CommandLine.Run(arguments).Output);
    }

    [Fact]
    public void VerifiesAsOfNow_WithoutATime()
    {
        using var json = JsonDocument.Parse(CommandLine.Run("verify", QuotePath(Tdx), "-o", "json").Output);

        Assert.Equal("2026-11-20T12:00:00Z", json.RootElement.GetProperty("at").GetString());
        Assert.Equal("rejected", json.RootElement.GetProperty("verdict").GetString());
    }

    [Theory]
    [InlineData("1750324924", "2025-06-19T09:22:04Z")]
    [InlineData("2025-06-19T09:22:04Z", "2025-06-19T09:22:04Z")]
    [InlineData("2025-06-19T11:22:04.5+02:00", "2025-06-19T09:22:04Z")]
    [InlineData("2025-06-19T09:22:04", "2025-06-19T09:22:04Z")]
    [InlineData("2025-06-19", "2025-06-19T00:00:00Z")]
    public void Reads_TimesInEveryDocumentedForm(string text, string expected)
    {
        using var json = JsonDocument.Parse(CommandLine.Run("verify", QuotePath(Tdx), "--at", text, "-o", "json").Output);

        Assert.Equal(expected, json.RootElement.GetProperty("at").GetString());
    }

    [Fact]
    public void Reads_StandardInput()
    {
        var run = CommandLine.RunWithInput(Tdx.Quote, "verify", "-", "--collateral", CollateralPath(Tdx), "--at", At(Tdx));

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.StartsWith("evidence      standard input: TDX quote v4", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_WhatToPass_WhenThereIsNoCollateral()
    {
        var run = CommandLine.RunWithInput(Tdx.Quote, "verify", "-");

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.StartsWith(
            "casemate: no collateral for standard input: none was named and none lies inside or beside it\n  Pass --collateral FILE|DIR:",
            run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_WhichCollateralIsMissing()
    {
        using var directory = new TemporaryDirectory();
        File.Copy(QuotePath(Tdx), directory.File("quote.bin"));
        File.WriteAllText(directory.File("tcb.json"), "{\"tcbInfo\":{\"id\":\"TDX\",\"fmspc\":\"B0C06F000000\"},\"signature\":\"00\"}");

        var run = CommandLine.Run("verify", directory.File("quote.bin"));

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("the collateral is not complete", run.Error, StringComparison.Ordinal);
        Assert.Contains("no QE identity for TDX", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Verifies_ABundleByItself()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory.File("bundle.json"), Bundle.Write());

        var run = CommandLine.Run("verify", directory.File("bundle.json"), "--at", At(Tdx));

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("(evidence bundle)", run.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void ReadsNothingBesideABundle_ThatHasEverything()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory.File("bundle.json"), Bundle.Write());
        File.WriteAllText(directory.File("unrelated.json"), "{ not JSON");

        Assert.Equal(ExitCode.Success, CommandLine.Run("verify", directory.File("bundle.json"), "--at", At(Tdx)).ExitCode);
        File.WriteAllBytes(directory.File("quote.bin"), Tdx.Quote);
        var run = CommandLine.Run("verify", directory.File("quote.bin"));
        Assert.Contains("unrelated.json: the text is not JSON", run.Error, StringComparison.Ordinal);
        Assert.Contains("\n  It lies beside the evidence", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_WhatIsWrongWithAReport()
    {
        var report = CorpusCase.Get("oak-turin-v5-vcek").Report;
        report[0] = 9;

        var run = CommandLine.RunWithInput(report, "verify", "-");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.StartsWith(
            "casemate: standard input: is not a well-formed SEV-SNP report: UnsupportedReportVersion\n", run.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Shows_BothSides_WhenTheCollateralIsOfAnotherPlatform()
    {
        var others = CollateralPath(CorpusCase.Get("dcapqvl-sgx-procCA"));
        var run = CommandLine.Run("verify", QuotePath(OutOfDate), "--collateral", others, "--at", At(OutOfDate), "-o", "json");
        using var json = JsonDocument.Parse(run.Output);

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        var check = json.RootElement.GetProperty("checks").EnumerateArray()
            .Single(c => c.GetProperty("name").GetString() == "TcbInfoPlatform");
        Assert.Equal("failed", check.GetProperty("outcome").GetString());
        Assert.Contains("00a067110000", check.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Compares_ReportData_PaddedWithZeros()
    {
        var reportData = CorpusCase.Get("dcapqvl-sgx-procCA");
        string[] arguments = ["verify", QuotePath(reportData), "--at", At(reportData), "-o", "json", "--report-data"];

        Assert.Equal("passed", Outcome(CommandLine.Run([.. arguments, Convert.ToHexString("Hello, world!"u8)])));
        Assert.Equal("passed", Outcome(CommandLine.Run([.. arguments, "0x" + Convert.ToHexStringLower("Hello, world!\0\0"u8)])));
        Assert.Equal("failed", Outcome(CommandLine.Run([.. arguments, Convert.ToHexString("Hello, world"u8)])));

        static string Outcome(CommandLine run) => JsonDocument.Parse(run.Output).RootElement.GetProperty("checks").EnumerateArray()
            .Single(check => check.GetProperty("name").GetString() == "ReportData").GetProperty("outcome").GetString()!;
    }

    [Theory]
    [InlineData("--report-data", "xyz", "--report-data must be 1 to 64 bytes as hex")]
    [InlineData("--report-data", "", "--report-data must be 1 to 64 bytes as hex")]
    [InlineData("--report-data", "abc", "--report-data must be 1 to 64 bytes as hex")]
    [InlineData("--at", "yesterday", "--at 'yesterday' is not a time")]
    [InlineData("--at", "-1", "--at '-1' is not a time")]
    [InlineData("--at", "99999999999999999999", "is not a time")]
    public void Refuses_AWrongOption(string option, string value, string expected)
    {
        var run = CommandLine.Run("verify", QuotePath(Tdx), option, value);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/nowhere/quote.bin", "casemate: /nowhere/quote.bin: no such file")]
    [InlineData("/dev/null", "casemate: /dev/null: is empty")]
    public void Names_TheFileThatCannotBeRead(string path, string expected)
    {
        var run = CommandLine.Run("verify", path);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.StartsWith(expected, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_TheByteAtWhichAQuoteBreaks()
    {
        var run = CommandLine.RunWithInput(Tdx.Quote[..700], "verify", "-", "--collateral", CollateralPath(Tdx));

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.StartsWith("casemate: standard input: is not a well-formed quote: Truncated at byte ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing.pem", "no such file")]
    [InlineData("quote.bin", "holds no collateral")]
    public void Refuses_ARootThatIsNone(string file, string expected)
    {
        var run = CommandLine.Run("verify", QuotePath(Tdx), "--root", Path.Combine(Tdx.Folder, file));

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.Contains("\n  --root takes 'production', or a file", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void NeverShowsATrace_UnlessAskedTo()
    {
        var plain = CommandLine.Run("verify", "/nowhere");
        var debug = CommandLine.RunWith(new Dictionary<string, string> { ["CASEMATE_DEBUG"] = "1" }, [], false, "verify", "/nowhere");

        Assert.Single(plain.Error.TrimEnd('\n').Split('\n'));
        Assert.Contains("   at ", debug.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void HoldsNoControlCharacters_OfAHostileFile()
    {
        // A name that would clear a terminal, from a file that somebody else wrote.
        var input = Encoding.UTF8.GetBytes("{\"kind\":\"EvidenceBundle\",\"apiVersion\":\"\\u001b[2J\"}");
        var run = CommandLine.RunWithInput(input, "verify", "-");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.DoesNotContain('\u001b', run.Error);
    }

    [Fact]
    public async Task NoTruncationOrFlip_OfEvidence_IsEverAccepted_OrCrashes()
    {
        var quote = Tdx.Quote;
        var variants = new List<byte[]>();
        for (var length = 0; length < quote.Length; length += 211)
        {
            variants.Add(quote[..length]);
        }

        for (var position = 0; position < quote.Length; position += 97)
        {
            var flipped = (byte[])quote.Clone();
            flipped[position] ^= 0x10;
            variants.Add(flipped);
        }

        await Parallel.ForEachAsync(variants, (variant, _) =>
        {
            var run = CommandLine.RunWithInput(variant, "verify", "-", "--collateral", CollateralPath(Tdx), "--at", At(Tdx));
            Assert.Contains(run.ExitCode, (int[])[ExitCode.Refused, ExitCode.BadInput]);
            return ValueTask.CompletedTask;
        });
    }
}
