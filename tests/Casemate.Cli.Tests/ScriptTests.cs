using Casemate.Testing;

namespace Casemate.Cli.Tests;

/// <summary>The scripts that everybody runs, tested on small models of what they work on.</summary>
public sealed class ScriptTests
{
    private const string Results =
        """
        <TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results>{0}</Results>
        <ResultSummary><Counters total="99" passed="99" failed="0" /></ResultSummary></TestRun>
        """;

    [Fact]
    public async Task Counting_TrustsSingleResults_NotTheCounters()
    {
        using var directory = new TemporaryDirectory();
        Write(directory, "A.Tests", 0, Result("one", "Passed"), Result("two", "Passed"));
        Write(directory, "B.Tests", 0, Result("three", "Passed"));

        Assert.Equal((0, "3 passed, 0 failed"), await CountAsync(directory, "A.Tests", "B.Tests"));
    }

    [Fact]
    public async Task Counting_NamesWhatFailed_AndWhatWasSkippedAndWhy()
    {
        using var directory = new TemporaryDirectory();
        var skipped = Result("three", "NotExecuted", "fish is not installed");
        Write(directory, "A.Tests", 2, Result("one", "Passed"), Result("two", "Failed"), skipped);

        var (exitCode, output) = await RunAsync(directory, "A.Tests");

        Assert.Equal(1, exitCode);
        Assert.Equal("1 skipped\n  three: fish is not installed\nFAILED two\n1 passed, 1 failed\n", output);
    }

    [Fact]
    public async Task Counting_ACrash_AMissingFile_AndABadEnding_AreFailures()
    {
        using var directory = new TemporaryDirectory();
        Write(directory, "Good.Tests", 0, Result("one", "Passed"));
        Write(directory, "BadEnding.Tests", 134, Result("two", "Passed"));
        File.WriteAllText(directory.File("Crashed.Tests.trx"), "<TestRun");
        File.WriteAllText(directory.File("Crashed.Tests.exit"), "139");

        Assert.Equal(
            (1, "2 passed, 3 failed"), await CountAsync(directory, "Good.Tests", "BadEnding.Tests", "Crashed.Tests", "NotBuilt.Tests"));
    }

    [Fact]
    public async Task Counting_Nothing_IsNoSuccess()
    {
        using var directory = new TemporaryDirectory();
        Write(directory, "A.Tests", 8);

        Assert.Equal((1, "0 passed, 1 failed"), await CountAsync(directory, "A.Tests"));
    }

    [Fact]
    public async Task Counting_AnUnknownOutcome_IsAFailure()
    {
        using var directory = new TemporaryDirectory();
        Write(directory, "A.Tests", 0, Result("one", "Passed"), Result("two", "Aborted"));

        Assert.Equal((1, "1 passed, 1 failed"), await CountAsync(directory, "A.Tests"));
    }

    [Fact]
    public async Task Starting_RunsTheNewestBuild_AlsoAfterAnInterruptedOne_AndSaysWhenItBuilds()
    {
        using var directory = new TemporaryDirectory();
        const string fakeSdk =
            """
            #!/bin/sh
            [ "$1" = publish ] || { readlink -f "$1"; exit; }
            while [ "$1" != --output ]; do shift; done
            touch "$2/casemate.dll"
            """;
        Directory.CreateDirectory(directory.File("src"));
        foreach (var file in (string[])["Directory.Build.props", "Directory.Packages.props", "global.json", "src/Program.cs"])
        {
            File.WriteAllText(directory.File(file), "");
        }

        File.Copy(Path.Combine(RepositoryPaths.Root, "casemate"), directory.File("casemate"));
        Directory.CreateDirectory(directory.File("bin"));
        File.WriteAllText(directory.File("bin/dotnet"), fakeSdk + "\n");
        var environment = new Dictionary<string, string?>
        {
            ["PATH"] = $"{directory.File("bin")}:{Environment.GetEnvironmentVariable("PATH")}",
        };
        await ChildProgram.RunAsync("chmod", ["+x", directory.File("bin/dotnet"), directory.File("casemate")]);

        var first = await ChildProgram.RunAsync(directory.File("casemate"), [], environment: environment);
        var current = await ChildProgram.RunAsync(directory.File("casemate"), [], environment: environment);
        var build = Path.GetFileName(Path.GetDirectoryName(first.Output.Trim()))!;
        File.CreateSymbolicLink(directory.File("artifacts/casemate/next"), build);         // killed between link and rename
        File.SetLastWriteTimeUtc(directory.File("src/Program.cs"), File.GetLastWriteTimeUtc(directory.File("src/Program.cs")).AddHours(1));
        var second = await ChildProgram.RunAsync(directory.File("casemate"), [], environment: environment);

        Assert.EndsWith("/casemate.dll\n", first.Output, StringComparison.Ordinal);
        Assert.EndsWith("/casemate.dll\n", second.Output, StringComparison.Ordinal);
        Assert.NotEqual(first.Output, second.Output);
        Assert.Matches("^casemate: the first build of this checkout takes [0-9 to]+ minutes[^;]*; its log is [^\n]+\n$", first.Error);
        Assert.Equal((first.Output, ""), (current.Output, current.Error));
        Assert.StartsWith("casemate: a source file changed: building again", second.Error, StringComparison.Ordinal);
    }

    private static string Result(string name, string outcome, string? reason = null)
    {
        var output = reason is null ? "" : $"<Output><ErrorInfo><Message>{reason}</Message></ErrorInfo></Output>";
        return $"<UnitTestResult testName=\"{name}\" outcome=\"{outcome}\">{output}</UnitTestResult>";
    }

    private static void Write(TemporaryDirectory directory, string project, int exitCode, params string[] results)
    {
        File.WriteAllText(directory.File(project + ".trx"), string.Format(null, Results, string.Concat(results)));
        File.WriteAllText(directory.File(project + ".exit"), $"{exitCode}\n");
    }

    private static async Task<(int ExitCode, string LastLine)> CountAsync(TemporaryDirectory directory, params string[] projects)
    {
        var (exitCode, output) = await RunAsync(directory, projects);
        return (exitCode, output.TrimEnd('\n').Split('\n')[^1]);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(TemporaryDirectory directory, params string[] projects)
    {
        var python = await ChildProgram.RunAsync(
            "python3", [Path.Combine(RepositoryPaths.Root, "eng", "count-results.py"), directory.Path, .. projects]);
        Assert.Equal("", python.Error);
        return (python.ExitCode, python.Output);
    }
}
