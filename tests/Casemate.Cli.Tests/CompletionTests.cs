using Casemate.Testing;

namespace Casemate.Cli.Tests;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("ver", "verify version")]
    [InlineData("verify --r", "--report-data --root --runtime-data")]
    [InlineData("verify --st", "--stream")]
    [InlineData("ev", "evidence")]
    [InlineData("evidence ", "show")]
    [InlineData("evidence show --m", "--machine-ids")]
    [InlineData("verify --root pro", "production")]
    [InlineData("verify x -o ", "json table yaml")]
    [InlineData("completion ", "bash fish pwsh zsh")]
    [InlineData("verify ", "")]
    [InlineData("verify --collateral ", "")]
    [InlineData("verify -- --r", "")]
    [InlineData("nonsense --r", "")]
    [InlineData("__comp", "")]
    public void Offers_WhatCanStandForTheLastWord(string line, string expected)
    {
        var run = CommandLine.Run(["__complete", "--", .. line.Split(' ')]);

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal(
            expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("casemate ver", "verify version")]
    [InlineData("casemate verify --ro", "--root")]
    [InlineData("casemate verify --root ", "production")]
    public async Task Completes_InARealBash(string line, string expected)
    {
        const string script =
            """
            program=$1
            casemate() { dotnet "$program" "$@"; }
            source <(casemate completion bash)
            read -r -a COMP_WORDS <<<"$2"
            [[ $2 != *' ' ]] || COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            complete -p casemate >&2
            _casemate
            echo "${COMPREPLY[*]}"
            """;

        var bash = await ChildProgram.RunAsync("bash", ["-c", script, "bash", ChildProgram.CasemateDll, line]);

        Assert.Contains("-F _casemate", bash.Error, StringComparison.Ordinal);
        Assert.Equal(expected, bash.Output.Trim());
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("pwsh")]
    public void Prints_AScriptForEachShell(string shell)
    {
        var run = CommandLine.Run("completion", shell);

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("__complete --", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', run.Output);
    }

    [Theory]
    [InlineData("zsh", "-n")]
    [InlineData("fish", "--no-execute")]
    public async Task IsASyntacticallyCorrectScript(string shell, string check)
    {
        Assert.SkipUnless(IsInstalled(shell), $"{shell} is not installed");
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("script"), CommandLine.Run("completion", shell).Output);

        Assert.Equal(0, (await ChildProgram.RunAsync(shell, [check, directory.File("script")])).ExitCode);
    }

    [Fact]
    public void Refuses_AnUnknownShell()
    {
        var run = CommandLine.Run("completion", "tcsh");

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("'bash' 'zsh' 'fish' 'pwsh'", run.Error, StringComparison.Ordinal);
    }

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
}
