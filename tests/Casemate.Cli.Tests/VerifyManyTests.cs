using System.Globalization;
using System.Text;
using System.Text.Json;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Cli.Verify.Many;
using Casemate.Collateral;
using Casemate.Simulator;
using Casemate.Testing;

namespace Casemate.Cli.Tests;

/// <summary><c>casemate verify</c> over several files, directories and streams.</summary>
public sealed class VerifyManyTests
{
    private static readonly CorpusCase Tdx = CorpusCase.Get("dcapqvl-tdx-v4-uptodate");
    private static readonly CorpusCase Snp = CorpusCase.Get("virtee-milan-v2-vcek");
    private static readonly CorpusCase OutOfDate = CorpusCase.Get("automata-tdx-v4-outofdate");
    private static readonly string At = Tdx.VerifyAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    [Fact]
    public void EveryCase_OfTheCorpus_GetsTheVerdictThatItGetsAlone()
    {
        var cases = CorpusCase.OfKind("sgx-quote", "tdx-quote", "snp-report").ToList();
        foreach (var group in cases.GroupBy(corpus => corpus.VerifyAt))
        {
            var paths = group.Select(PathOf).ToList();
            var at = group.Key.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            var alone = paths.Select(path => Compact(CommandLine.Run("verify", path, "--at", at, "-o", "json").Output)).ToList();

            // Named twice, so that each is also verified with what the cache holds of it.
            var many = CommandLine.Run(["verify", .. paths, .. paths, "--at", at, "-o", "json"]);
            var answers = many.Lines.Select(WithoutEvidence).ToList();
            Assert.Equal([.. alone, .. alone], answers);
        }
    }

    [Fact]
    public void Gives_OneJsonDocumentALine_InTheOrderOfTheEvidence()
    {
        string[] paths = [.. Enumerable.Repeat<string[]>([PathOf(Tdx), PathOf(OutOfDate)], 20).SelectMany(pair => pair)];
        var run = CommandLine.Run(["verify", .. paths, "--at", At, "-o", "json"]);

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Equal(paths, run.Lines.Select(line => Text(line, "evidence")));
        Assert.Equal(run.Output, CommandLine.Run(["verify", .. paths, "--at", At, "-o", "json"]).Output);
        Assert.Contains("40 verified: 20 accepted, 20 rejected, 0 unreadable\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("  tdx  accepted    UpToDate: 20\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("  tdx  rejected    OutOfDate: 20\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Searches_ADirectory_AndNamesWhatItSkips()
    {
        using var tree = new TemporaryDirectory();
        Fill(tree);
        var run = CommandLine.Run("verify", tree.Path, "--at", At);

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal(2, run.Lines.Length);
        Assert.All(run.Lines, line => Assert.StartsWith("accepted    ", line, StringComparison.Ordinal));
        Assert.EndsWith(Path.Combine("a", "quote.bin"), run.Lines[0], StringComparison.Ordinal);
        Assert.EndsWith(Path.Combine("b", "deep", "bundle.json"), run.Lines[1], StringComparison.Ordinal);
        Assert.Contains("skipped, not evidence: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(Path.Combine("a", "collateral.json"), run.Error, StringComparison.Ordinal);
        Assert.Contains("notes.txt", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(".hidden", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ADirectoryWithOnePiece_IsThatPiece()
    {
        using var tree = new TemporaryDirectory();
        Directory.CreateDirectory(tree.File("below"));
        File.Copy(PathOf(Tdx), tree.File("below/quote.bin"));
        File.Copy(Path.Combine(Tdx.Folder, "collateral.json"), tree.File("below/collateral.json"));
        var run = CommandLine.Run("verify", tree.Path, "--at", At);

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal("", run.Error);
        Assert.Equal("verdict: ACCEPTED", run.Lines[^1]);
    }

    [Fact]
    public void ADirectoryWithoutEvidence_IsAnError_AloneAndAmongOthers()
    {
        using var empty = new TemporaryDirectory();
        File.WriteAllText(empty.File("notes.txt"), "nothing here");

        var alone = CommandLine.Run("verify", empty.Path);
        Assert.Equal(ExitCode.BadInput, alone.ExitCode);
        Assert.Contains("holds no evidence file", alone.Error, StringComparison.Ordinal);

        var among = CommandLine.Run("verify", PathOf(Tdx), empty.Path, "--at", At);
        Assert.Equal(ExitCode.BadInput, among.ExitCode);
        Assert.Contains("holds no evidence file", among.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void ADamagedPiece_IsNeverSkipped()
    {
        using var tree = new TemporaryDirectory();
        Fill(tree);
        File.WriteAllBytes(tree.File("cut.bin"), Snp.Report[..1000]);
        File.WriteAllBytes(tree.File("hcl.bin"), [.. "HCLA"u8, .. new byte[2000]]);
        var run = CommandLine.Run("verify", tree.Path, "--at", At);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("cut.bin: looks like a SEV-SNP report, which has 1184 bytes, but has 1000", run.Lines[0], StringComparison.Ordinal);
        Assert.Contains("hcl.bin: version 0 at 0x4 is not 1 or 2", run.Lines[1], StringComparison.Ordinal);
        Assert.Contains("4 verified: 2 accepted, 0 rejected, 2 unreadable\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ExitCode_IsTheWorst_OfAllAnswers()
    {
        var missing = Path.Combine(Tdx.Folder, "no-such-file");
        Assert.Equal(ExitCode.Success, CommandLine.Run("verify", PathOf(Tdx), PathOf(Tdx), "--at", At).ExitCode);
        Assert.Equal(ExitCode.BadInput, CommandLine.Run("verify", PathOf(Tdx), missing, "--at", At).ExitCode);
        Assert.Equal(ExitCode.Refused, CommandLine.Run("verify", PathOf(OutOfDate), missing, PathOf(Tdx), "--at", At).ExitCode);
    }

    [Fact]
    public void SimulatedEvidence_AmongHardware_IsCounted_AndChangesTheExitCode()
    {
        using var directory = new TemporaryDirectory();
        var platform = SimulatedPlatform.Create(Tdx.VerifyAt.AddDays(-1));
        var simulated = new EvidenceBundle
        {
            Tee = Attestation.Tee.Tdx,
            Evidence = platform.Dcap.QuoteTdx(new SimulatedTd { MrTd = new byte[48] }, new byte[64]),
            Made = Tdx.VerifyAt,
            DcapCollateral = platform.Dcap.Collateral(Attestation.Tee.Tdx, Tdx.VerifyAt),
        };
        File.WriteAllBytes(directory.File("simulated.json"), simulated.Write());
        File.WriteAllBytes(directory.File("root.der"), platform.Dcap.RootCaDer);
        string[] arguments = ["verify", PathOf(Tdx), directory.File("simulated.json"), "--at", At, "--root", "production"];

        var named = CommandLine.Run([.. arguments, "--root", directory.File("root.der")]);
        Assert.Equal(ExitCode.Simulated, named.ExitCode);
        Assert.StartsWith("SIMULATED ", named.Lines[1], StringComparison.Ordinal);
        Assert.Contains("2 verified: 2 accepted (1 SIMULATED), 0 rejected, 0 unreadable\n", named.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Refused, CommandLine.Run(arguments).ExitCode);
    }

    [Fact]
    public void Reads_AStream_LineByLine()
    {
        var kbs = Encoding.UTF8.GetString(KbsEvidence.WriteTdx(Tdx.Quote, []));
        var input = string.Join('\n', CorpusBundle.LineOf(Tdx), "", CorpusBundle.LineOf(Snp) + "\r", "{ not JSON", kbs);
        var collateral = Path.Combine(Tdx.Folder, "collateral.json");
        var run = CommandLine.RunWithInput(Encoding.UTF8.GetBytes(input), "verify", "--stream", "--at", At, "-o", "json");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Equal(["line 1", "line 3", "line 4", "line 5"], run.Lines.Select(line => Text(line, "evidence")));
        Assert.Equal(["accepted", "accepted", "unreadable", "unreadable"], run.Lines.Select(line => Text(line, "verdict")));
        Assert.Contains("is not JSON", Text(run.Lines[2], "problem"), StringComparison.Ordinal);
        Assert.StartsWith("no collateral for line 5", Text(run.Lines[3], "problem"), StringComparison.Ordinal);

        var named = CommandLine.RunWithInput(
            Encoding.UTF8.GetBytes(kbs + "\n" + kbs), "verify", "--stream", "--at", At, "--collateral", collateral, "-o", "json");
        Assert.Equal(ExitCode.Success, named.ExitCode);
        Assert.Equal(2, named.Lines.Length);
    }

    [Fact]
    public void AnEmptyStream_IsNoSuccess()
    {
        var run = CommandLine.RunWithInput("\n\n"u8.ToArray(), "verify", "--stream");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.Contains("0 verified", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AnEndlessLine_IsReported_AndTheNextIsRead()
    {
        var input = new byte[ManyVerification.LineBytes + 1];
        input.AsSpan().Fill((byte)'x');
        var run = CommandLine.RunWithInput(
            [.. input, (byte)'\n', .. Encoding.UTF8.GetBytes(CorpusBundle.LineOf(Tdx))], "verify", "--stream", "--at", At);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("line 1: longer than 4096 KiB", run.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith("accepted  ", run.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void WritesYaml_AsSeveralDocuments()
    {
        var run = CommandLine.Run("verify", PathOf(Tdx), PathOf(Tdx), "--at", At, "-o", "yaml");

        Assert.StartsWith("---\nevidence: ", run.Output, StringComparison.Ordinal);
        Assert.Equal(2, run.Lines.Count(line => line == "---"));
    }

    [Fact]
    public void Quiet_LeavesTheSummaryOut()
    {
        Assert.Equal("", CommandLine.Run("verify", PathOf(Tdx), PathOf(Tdx), "--at", At, "-q").Error);
    }

    [Theory]
    [InlineData(true, "", true)]
    [InlineData(true, "-q", false)]
    [InlineData(false, "", false)]
    public async Task Progress_IsShown_OnATerminalOnly(bool terminal, string option, bool shown)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var invocation = new CasemateInvocation
        {
            Output = output,
            Error = error,
            OpenStandardInput = () => Stream.Null,
            Time = new HurriedTime(),
            Environment = _ => null,
            ErrorIsTerminal = terminal,
        };
        string[] arguments = ["verify", PathOf(Tdx), PathOf(Tdx), "--at", At, "--no-color"];
        await CasemateProgram.RunAsync([.. arguments, .. option.Length > 0 ? [option] : Array.Empty<string>()], invocation);

        Assert.Equal(shown, error.ToString().Contains("\r1 pieces verified", StringComparison.Ordinal));
        Assert.Equal(shown, error.ToString().Contains("\r\u001b[K2 verified: ", StringComparison.Ordinal));
        Assert.DoesNotContain('\r', output.ToString());
    }

    [Theory]
    [InlineData("--stream reads standard input", "--stream", "x")]
    [InlineData("no evidence named")]
    [InlineData("'-' can be named once", "-", "-")]
    public void Refuses_WhatMakesNoSense(string expected, params string[] arguments)
    {
        var run = CommandLine.Run(["verify", .. arguments]);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Results_KeepTheirOrder_AndNoMoreThanTheWindowIsTakenAhead()
    {
        const int window = 4;
        var taken = 0;
        var delivered = 0;
        var worst = 0;
        IEnumerable<int> Items()
        {
            for (var i = 0; i < 200; i++)
            {
                worst = Math.Max(worst, Interlocked.Increment(ref taken) - Volatile.Read(ref delivered));
                yield return i;
            }
        }

        var results = new List<int>();
        var work = OrderedWork.RunAsync(Items(), item => item * 2, window, TestContext.Current.CancellationToken);
        await foreach (var result in work)
        {
            results.Add(result);
            Interlocked.Increment(ref delivered);
        }

        Assert.Equal(Enumerable.Range(0, 200).Select(i => i * 2), results);
        Assert.InRange(worst, 1, window + 2);
    }

    [Fact]
    public async Task AResult_DoesNotWait_ForTheNextItem()
    {
        using var next = new SemaphoreSlim(0);
        IEnumerable<int> Items()
        {
            yield return 1;
            next.Wait(TestContext.Current.CancellationToken);
            yield return 2;
        }

        var results = new List<int>();
        await foreach (var result in OrderedWork.RunAsync(Items(), item => item, 4, TestContext.Current.CancellationToken))
        {
            results.Add(result);
            next.Release();
        }

        Assert.Equal([1, 2], results);
    }

    [Fact]
    public async Task AFault_OfTheWorkOrTheItems_ReachesTheCaller()
    {
        static IEnumerable<int> Failing()
        {
            yield return 1;
            throw new InvalidDataException("items");
        }

        await Assert.ThrowsAsync<InvalidDataException>(async () => await Drain(OrderedWork.RunAsync(
            Failing(), item => item, 4, TestContext.Current.CancellationToken)));
        await Assert.ThrowsAsync<DivideByZeroException>(async () => await Drain(OrderedWork.RunAsync(
            [1, 0], item => 1 / item, 4, TestContext.Current.CancellationToken)));
    }

    private static async Task Drain(IAsyncEnumerable<int> results)
    {
        await foreach (var _ in results)
        {
        }
    }

    private static void Fill(TemporaryDirectory tree)
    {
        Directory.CreateDirectory(tree.File("a"));
        Directory.CreateDirectory(tree.File("b/deep"));
        Directory.CreateDirectory(tree.File(".hidden"));
        File.Copy(PathOf(Tdx), tree.File("a/quote.bin"));
        File.Copy(Path.Combine(Tdx.Folder, "collateral.json"), tree.File("a/collateral.json"));
        File.WriteAllBytes(tree.File("b/deep/bundle.json"), CorpusBundle.Of(Snp));
        File.WriteAllText(tree.File("b/notes.txt"), "what this is about");
        File.WriteAllBytes(tree.File(".hidden/cut.bin"), Snp.Report[..1000]);
    }

    private static string PathOf(CorpusCase corpus) => Path.Combine(corpus.Folder, corpus.Has("report.bin") ? "report.bin" : "quote.bin");

    private static string Text(string line, string member) => JsonDocument.Parse(line).RootElement.GetProperty(member).GetString()!;

    private static string Compact(string json) => Members(json, _ => true);

    private static string WithoutEvidence(string json) => Members(json, name => name != "evidence");

    private static string Members(string json, Func<string, bool> wanted) => string.Join(
        '\n', JsonDocument.Parse(json).RootElement.EnumerateObject().Where(member => wanted(member.Name))
            .Select(member => $"{member.Name}: {JsonSerializer.Serialize(member.Value)}"));

    /// <summary>A clock on which a second passes whenever somebody looks.</summary>
    private sealed class HurriedTime : TimeProvider
    {
        private long _seconds;

        public override long GetTimestamp() => Interlocked.Increment(ref _seconds) * TimestampFrequency;
    }
}
