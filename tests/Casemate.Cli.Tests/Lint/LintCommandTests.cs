using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using Casemate.Cli.Lint;
using Casemate.Cli.Run;
using Casemate.KataPolicy.Manifests;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Lint;

/// <summary><c>casemate lint</c>.</summary>
public sealed class LintCommandTests : IDisposable
{
    private const string TenBytes =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    resources:\n      limits:\n        sgx.intel.com/epc: 10 # of them\n";

    private readonly TemporaryDirectory _directory = new();

    private static string Corpus(string name) => Path.Combine(RepositoryPaths.Root, "tests", "corpus", name);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void NamesRuleSeverityAndPlace_AndEndsWithOne()
    {
        var file = Write("a.yaml", TenBytes);
        var run = CommandLine.Run("lint", file);

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.StartsWith($"{file}:9:9: error AmountInBytes: 10 means 10 bytes", run.Output, StringComparison.Ordinal);
        Assert.Contains("write 10Mi. [--fix]", run.Output, StringComparison.Ordinal);
        Assert.Equal("1 file: 1 error, 0 warnings, 0 notes; --fix mends 1\n", run.Error);
    }

    [Fact]
    public void EndsWithZero_WhereNothingIsWrong_AndSaysNothing()
    {
        var run = CommandLine.Run("lint", "-q", Corpus("admission/21-ordinary.yaml"));

        Assert.Equal((ExitCode.Success, "", ""), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public void WarningsCount_WhenTheyShall()
    {
        Assert.Equal(ExitCode.Success, CommandLine.Run("lint", Corpus("admission/04-attested-tls.yaml")).ExitCode);
        Assert.Equal(ExitCode.Refused, CommandLine.Run("lint", "--strict", Corpus("admission/04-attested-tls.yaml")).ExitCode);
    }

    [Fact]
    public void TheGuide_YieldsAllRules_WithItsLines()
    {
        var run = CommandLine.Run("lint", Corpus("lint/guide.md"), "-o", "json");

        using var json = JsonDocument.Parse(run.Output);
        var findings = json.RootElement.GetProperty("files")[0].GetProperty("findings").EnumerateArray().ToList();
        Assert.Equal(21, findings.Select(finding => finding.GetProperty("rule").GetString()).Where(rule => rule!.StartsWith("GL", StringComparison.Ordinal)).Distinct().Count());
        Assert.Equal(8, findings.First(finding => finding.GetProperty("rule").GetString() == "GL14").GetProperty("line").GetInt32());
        Assert.Equal(findings.Count(finding => finding.GetProperty("severity").GetString() == "error"),
            json.RootElement.GetProperty("summary").GetProperty("errors").GetInt32());
    }

    [Fact]
    public void BlocksOfMarkdown_AreRead_WithTheLinesOfTheFile()
    {
        var file = Write("a.md", "# Text\n\n```yaml\n" + TenBytes + "```\n\napt.lsvm.org\n");

        var run = CommandLine.Run("lint", file);
        Assert.Contains($"{file}:12:9: error AmountInBytes", run.Output, StringComparison.Ordinal);
        Assert.Contains($"{file}:15:1: note GL15", run.Output, StringComparison.Ordinal);

        CommandLine.Run("lint", "--fix", file);
        Assert.Equal(
            "# Text\n\n```yaml\n" + TenBytes.Replace("10 #", "10Mi #", StringComparison.Ordinal) + "```\n\napt.llvm.org\n", File.ReadAllText(file));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void Fix_ChangesTheFile_KeepsEverythingElse_AndDoesNothingTheSecondTime()
    {
        var file = Write("a.yaml", TenBytes);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        var first = CommandLine.Run("lint", "--fix", file);
        Assert.Equal(ExitCode.Success, first.ExitCode);
        Assert.Contains($"{file}:9:9: fixed AmountInBytes", first.Output, StringComparison.Ordinal);
        Assert.Equal(TenBytes.Replace("10 #", "10Mi #", StringComparison.Ordinal), File.ReadAllText(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(file));

        var second = CommandLine.Run("lint", "--fix", file);
        Assert.Equal(("", "1 file: 0 errors, 0 warnings, 0 notes; 0 fixed\n"), (second.Output, second.Error));
    }

    [Fact]
    public void Fix_GoesOnUntilNothingMoreCanBeMended()
    {
        var file = Write("a.yaml", TenBytes.Replace("intel.com/epc: 10", "intel.com/ecp: 10", StringComparison.Ordinal));

        Assert.Equal(ExitCode.Success, CommandLine.Run("lint", "--fix", file).ExitCode);
        Assert.Contains("sgx.intel.com/epc: 10Mi # of them", File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void Fix_LeavesAFileThatNobodyMayWrite_OrThatHasOtherNames()
    {
        var text = File.ReadAllText(Corpus("lint/guide.md"));
        var locked = Write("locked.md", text);
        File.SetUnixFileMode(locked, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        var linked = Write("linked.md", text);
        using (var made = System.Diagnostics.Process.Start("ln", [linked, linked + ".too"]))
        {
            made.WaitForExit();
        }

        var first = CommandLine.Run("lint", "--fix", locked);
        var second = CommandLine.Run("lint", "--fix", linked);

        Assert.Equal((ExitCode.BadInput, ExitCode.BadInput), (first.ExitCode, second.ExitCode));
        Assert.Contains("its mode is 444: nobody may write it", first.Error, StringComparison.Ordinal);
        Assert.Contains("it has 2 names (hard links)", second.Error, StringComparison.Ordinal);
        Assert.Equal([text, text], [File.ReadAllText(locked), File.ReadAllText(linked)]);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void Fix_KeepsWhoseAFileIs_AndItsMode()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can make a file somebody else's");
        var file = Write("owned.md", File.ReadAllText(Corpus("lint/guide.md")));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
        using (var given = System.Diagnostics.Process.Start("chown", ["1234:5678", file]))
        {
            given.WaitForExit();
        }

        var before = File.ReadAllText(file);
        CommandLine.Run("lint", "--fix", file);

        Assert.NotEqual(before, File.ReadAllText(file));
        Assert.Equal((1u, 1234u, 5678u), PosixCalls.OwnershipOf(file));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void Fix_MovesNoLabel_ThatHasAComment()
    {
        const string pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  nodeSelector:\n  example.com/sgx: \"true\"  # why\n"
            + "  containers: [{name: a, image: x}]\n";
        var file = Write("pod.yaml", pod);

        var run = CommandLine.Run("lint", "--fix", file);

        Assert.Contains("GL10", run.Output, StringComparison.Ordinal);
        Assert.Contains("no automatic fix", run.Output, StringComparison.Ordinal);
        Assert.Equal(pod, File.ReadAllText(file));

        File.WriteAllText(file, pod.Replace("  # why", "", StringComparison.Ordinal));
        Assert.Contains("fixed GL10", CommandLine.Run("lint", "--fix", file).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Fix_SaysThatItIsToBeRunAgain_WhenThereIsMoreThanOneRunDoes()
    {
        var containers = string.Join(
            "\n", Enumerable.Range(0, 2100).Select(i => $"  - {{name: c{i}, image: x, resources: {{limits: {{sgx.intel.com/epc: \"10\"}}}}}}"));
        var file = Write("many.yaml", $"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n{containers}\n");

        var first = CommandLine.Run("lint", "--fix", file);
        Assert.Equal(ExitCode.Refused, first.ExitCode);
        Assert.Contains("run the same command again", first.Error, StringComparison.Ordinal);

        Assert.DoesNotContain("run the same command again", CommandLine.Run("lint", "--fix", file).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Fix_LeavesNamesOfOtherMakers()
    {
        var file = Write(
            "pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: a, image: x, resources: {limits: {acme.io/sgx_epc_MiB: \"10\"}}}\n");
        var before = File.ReadAllText(file);

        Assert.Contains("another maker's own name", CommandLine.Run("lint", "--fix", file).Output, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(file));
    }

    [Fact]
    public void APipe_IsRefused_WithoutWaitingForAWriter()
    {
        var pipe = _directory.File("pipe.yaml");
        using (var made = System.Diagnostics.Process.Start("mkfifo", pipe))
        {
            made.WaitForExit();
        }

        var run = CommandLine.Run("lint", pipe);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("it is a pipe, a device or a socket", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Fix_SaysWhatNeedsAPerson()
    {
        var file = Write("a.yaml", File.ReadAllText(Corpus("admission/06-aks-engine-direct.yaml")));
        var run = CommandLine.Run("lint", "--fix", file);

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("[no automatic fix: How much EPC the pod needs is not known.]", run.Output, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(Corpus("admission/06-aks-engine-direct.yaml")), File.ReadAllText(file));
    }

    [Fact]
    public void DryRun_PrintsTheDifference_AndChangesNothing()
    {
        var file = Write("a.yaml", TenBytes);
        var run = CommandLine.Run("lint", "--fix", "--dry-run", file);

        Assert.Contains("-        sgx.intel.com/epc: 10 # of them\n+        sgx.intel.com/epc: 10Mi # of them\n", run.Output, StringComparison.Ordinal);
        Assert.Equal(TenBytes, File.ReadAllText(file));
        Assert.Contains($"{file}:9:9: would fix AmountInBytes", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("; would fix 1\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("\"diff\": \"--- ", CommandLine.Run("lint", "--fix", "--dry-run", file, "-o", "json").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void StandardInput_IsMended_ToStandardOutput()
    {
        var run = CommandLine.RunWithInput(Encoding.UTF8.GetBytes(TenBytes), "lint", "--fix", "-");

        Assert.Equal(TenBytes.Replace("10 #", "10Mi #", StringComparison.Ordinal), run.Output);
        Assert.Contains("stdin:9:9: fixed AmountInBytes", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, run.ExitCode);
    }

    [Fact]
    public void AFileThatCannotBeRead_HidesNoOther()
    {
        var good = Write("b.yaml", TenBytes);
        var broken = Write("a.yaml", "a: [\n");
        var run = CommandLine.Run("lint", broken, Path.Combine(_directory.Path, "missing.yaml"), good);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains($"casemate: {broken}:2:", run.Error, StringComparison.Ordinal);
        Assert.Contains("missing.yaml cannot be read: no such file", run.Error, StringComparison.Ordinal);
        Assert.Contains($"{good}:9:9: error AmountInBytes", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsLeftOfABrokenManifest_IsStillRecognised()
    {
        var run = CommandLine.RunWithInput("a: [\n# see Azure/aksengine\n"u8.ToArray(), "lint", "--fix", "-");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("GL14", run.Error, StringComparison.Ordinal);
        Assert.Equal("a: [\n# see Azure/aksengine\n", run.Output);
    }

    private static readonly Dictionary<string, byte[]> s_hostile = new()
    {
        ["nothing"] = [],
        ["zeros"] = "\0\0"u8.ToArray(),
        ["half a letter"] = [0xC3, 0x28],
        ["a mark alone"] = [0xEF, 0xBB, 0xBF],
        ["deep"] = Encoding.UTF8.GetBytes(new string('[', 100_000)),
        ["an alias of itself"] = "a: &a [*a]"u8.ToArray(),
        ["aliases of aliases"] = Encoding.UTF8.GetBytes("a: &a [x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(0, 20).Select(
            i => $"b{i}: &b{i} [{string.Join(",", Enumerable.Repeat(i == 0 ? "*a" : $"*b{i - 1}", 8))}]\n"))),
        ["a template"] = "{{ .Values.a }}: {{ b }}"u8.ToArray(),
        ["a tag"] = "!!binary aaaa"u8.ToArray(),
        ["a list as key"] = "? [a]\n: b\n"u8.ToArray(),
        ["too large"] = new byte[ManifestLimits.MaxFileBytes + 1],
        ["escapes"] = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: \"\\e[31m\", resources: {limits: {\"sgx\\e[2J\\n\": 1}}}]}"u8.ToArray(),
    };

    public static TheoryData<string> Hostile => [.. s_hostile.Keys];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void HostileInput_GivesAnAnswer_AndNoTrace(string what)
    {
        var run = CommandLine.RunWithInput(s_hostile[what], "lint", "-");

        Assert.Contains(run.ExitCode, (int[])[ExitCode.Success, ExitCode.Refused, ExitCode.BadInput]);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Output + run.Error);
    }

    [Fact]
    public void Directories_AreSearched_ByName_WithoutHiddenOnes_AndWithoutGoingRoundInCircles()
    {
        Write("d/b.yml", TenBytes);
        Write("d/a/c.yaml", TenBytes);
        Write("d/.git/d.yaml", TenBytes);
        Write("d/e.sh", "kubectl label node a tee=sgx\n");
        Write("d/f.bin", TenBytes);
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "d", "a", "loop"), Path.Combine(_directory.Path, "d"));
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "d", "dead.yaml"), "nowhere");

        var found = LintFiles.Find([Path.Combine(_directory.Path, "d")]).Select(path => Path.GetRelativePath(_directory.Path, path));

        Assert.Equal(["d/a/c.yaml", "d/b.yml", "d/e.sh"], found);
    }

    [Fact]
    public void ALink_IsMendedWhereItLeads()
    {
        var file = Write("a.yaml", TenBytes);
        var link = Path.Combine(_directory.Path, "link.yaml");
        File.CreateSymbolicLink(link, file);

        CommandLine.Run("lint", "--fix", link);

        Assert.Equal(file, File.ResolveLinkTarget(link, true)!.FullName);
        Assert.Contains("10Mi", File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Fact]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public async Task ALinkOfABareName_IsMendedWhereItLeads_AndKeepsItsMode()
    {
        var file = Write("a.yaml", TenBytes);
        File.SetUnixFileMode(file, (UnixFileMode)0b110_110_100);
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "link.yaml"), "a.yaml");
        var program = ChildProgram.Casemate;

        var run = await ChildProgram.RunAsync(
            "/bin/sh", ["-c", "cd \"$0\" && umask 077 && exec \"$@\" lint --fix link.yaml", _directory.Path, program.Program, .. program.Arguments]);

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("10Mi", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Equal((UnixFileMode)0b110_110_100, File.GetUnixFileMode(file));
        Assert.Equal("a.yaml", new FileInfo(Path.Combine(_directory.Path, "link.yaml")).LinkTarget);
    }

    [Fact]
    public void ManyNotes_HideNoError()
    {
        var file = Write("a.sh", string.Concat(Enumerable.Repeat("# Azure/aksengine\n", 300)) + "az ad sp create-for-rbac --role Contributor --scopes x\n");

        Assert.Equal(ExitCode.Refused, CommandLine.Run("lint", file).ExitCode);
    }

    [Fact]
    public void NodesMakeSizesImpossible_AndHelpersMissing()
    {
        var file = Write("a.yaml", TenBytes.Replace("epc: 10 ", "epc: 2Gi ", StringComparison.Ordinal) + "    env: [{name: SGX_AESM_ADDR, value: \"1\"}]\n");

        Assert.Equal(ExitCode.Success, CommandLine.Run("lint", file).ExitCode);
        Assert.Contains("error LargerThanNodes", CommandLine.Run("lint", file, "--node", "dc2s_v2").Output, StringComparison.Ordinal);
        Assert.Contains(
            "warning QuotesWithoutHelper", CommandLine.Run("lint", file, "--node", "dc48s_v3", "--no-quote-helper").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--dry-run goes with --fix", "lint", "--dry-run", "a.yaml")]
    [InlineData("--no-quote-helper goes with --node", "lint", "--no-quote-helper", "a.yaml")]
    [InlineData("--fix writes standard input", "lint", "--fix", "-", "a.yaml")]
    [InlineData("--fix writes standard input", "lint", "--fix", "-", "-o", "json")]
    [InlineData("Required argument 'FILE' missing", "lint")]
    public void Refuses_WhatMakesNoSense(string told, params string[] arguments)
    {
        var run = CommandLine.Run(arguments);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains(told, run.Error, StringComparison.Ordinal);
    }

    public static TheoryData<string> Samples =>
        [.. Directory.EnumerateFiles(Corpus("admission"), "*.yaml").Select(path => Path.GetFileName(path)).Order()];

    [Theory]
    [MemberData(nameof(Samples))]
    public void MendingASample_IsDoneOnce(string name)
    {
        var once = CommandLine.RunWithInput(File.ReadAllBytes(Corpus("admission/" + name)), "lint", "--fix", "-");
        var twice = CommandLine.RunWithInput(Encoding.UTF8.GetBytes(once.Output), "lint", "--fix", "-");

        Assert.Equal(once.Output, twice.Output);
        Assert.EndsWith("; 0 fixed\n", twice.Error, StringComparison.Ordinal);
        Assert.Equal(once.ExitCode, twice.ExitCode);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_directory.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
