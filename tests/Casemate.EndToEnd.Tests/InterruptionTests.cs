using Casemate.Testing;
using static Casemate.Testing.RunningProgram;

namespace Casemate.EndToEnd.Tests;

/// <summary>Commands that wait for somebody else, and streams that are not there.</summary>
public sealed class InterruptionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(Signal.Terminate)]
    [InlineData(Signal.Interrupt)]
    public async Task Ends_ACommandThatWaitsForAPipeThatNobodyWritesTo(Signal signal)
    {
        var pipe = _directory.File("pipe");
        await using (var mkfifo = Start("mkfifo", [pipe]))
        {
            Assert.Equal(0, (await mkfifo.EndAsync()).ExitCode);
        }

        await using var program = StartCasemate(null, "verify", pipe);

        // Opening the other end waits for the program to open its own.
        await using var silent = await Task.Run(() => new FileStream(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        program.Send(signal);

        Assert.Equal(130, (await program.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task Refuses_ASecretThatTheCommandLineWouldChange()
    {
        await using var program = Start(
            "sh", ["-c", $"exec dotnet '{ChildProgram.CasemateDll}' run --dir '{_directory.File("state")}' --secret \"key=$(printf 'a\\377b')\" -- true"]);

        var ended = await program.EndAsync();
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("not valid UTF-8", ended.Error, StringComparison.Ordinal);
        Assert.Contains("NAME=@FILE", ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2>&-")]
    [InlineData("2>/dev/full")]
    public async Task Keeps_TheExitCodeWhenStandardErrorCannotBeWritten(string redirection)
    {
        var casemate = $"dotnet '{ChildProgram.CasemateDll}'";
        await using var refused = Start("sh", ["-c", $"{casemate} verify /no/such/file {redirection}"]);
        await using var run = Start("sh", ["-c", $"{casemate} run --dir '{_directory.File("state")}' --tee tdx --guest-port 0 -- sh -c 'echo ran; exit 7' {redirection}"]);

        Assert.Equal(3, (await refused.EndAsync()).ExitCode);
        var ran = await run.EndAsync();
        Assert.Equal(("ran\n", 7), (ran.Output, ran.ExitCode));
    }
}
