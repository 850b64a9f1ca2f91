using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Casemate.Testing;
using static Casemate.Testing.RunningProgram;

namespace Casemate.EndToEnd.Tests;

public sealed class RunTests(SharedState state) : IDisposable
{
    private static readonly string App = Path.Combine("examples", "hello-secret", "app.sh");
    private const string LastLine = "verdict: SIMULATED - not hardware evidence";
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Refuses_AProgramWithOneChangedByteUnderAPinnedPolicy()
    {
        var (app, policy) = (_directory.File("app.sh"), _directory.File("policy.yaml"));
        File.Copy(Path.Combine(RepositoryPaths.Root, "examples", "hello-secret", "app.sh"), app);
        var before = await state.RunAsync("--guest-port", "0", "--secret", "greeting=hello", "--pin", policy, "--", app);
        var text = await File.ReadAllTextAsync(app);
        await File.WriteAllTextAsync(app, text.Replace("no greeting", "no_greeting", StringComparison.Ordinal));

        var after = await state.RunAsync("--guest-port", "0", "--secret", "greeting=hello", "--policy", policy, "--", app);

        Assert.Equal(("hello\n", 0), (before.Output, before.ExitCode));
        Assert.Equal(("", 1), (after.Output, after.ExitCode));
        Assert.DoesNotContain("hello\n", after.Error, StringComparison.Ordinal);
        Assert.Contains("Identity", after.Error, StringComparison.Ordinal);
        Assert.Contains($"expected MRTD {MeasurementOf(before)}", after.Error, StringComparison.Ordinal);
        Assert.Contains(MeasurementOf(after), after.Error.Split("Identity")[1], StringComparison.Ordinal);
        Assert.NotEqual(MeasurementOf(before), MeasurementOf(after));
        Assert.Equal(LastLine, after.Error.TrimEnd('\n').Split('\n')[^1]);
    }

    [Theory]
    [InlineData("other argument")]
    [InlineData("other file")]
    public async Task Measures_ArgumentsAndTheFilesTheyName(string change)
    {
        var file = _directory.File("data");
        await File.WriteAllTextAsync(file, "one");
        var before = await state.RunAsync("--guest-port", "0", "--", "true", file, "x");
        await File.WriteAllTextAsync(file, change is "other file" ? "two" : "one");

        var after = await state.RunAsync("--guest-port", "0", "--", "true", file, change is "other argument" ? "y" : "x");
        var same = await state.RunAsync("--guest-port", "0", "--", "true", file, "x");

        Assert.NotEqual(MeasurementOf(before), MeasurementOf(after));
        Assert.Equal(change is "other argument", MeasurementOf(before) == MeasurementOf(same));
    }

    [Fact]
    public async Task Passes_TheExitCodeThrough() =>
        Assert.Equal(7, (await state.RunAsync("--guest-port", "0", "--", "sh", "-c", "exit 7")).ExitCode);

    [Fact]
    public async Task Passes_DeathBySignalThroughAs128AndItsNumber()
    {
        var result = await state.RunAsync("--guest-port", "0", "--", "sh", "-c", "kill -TERM $$");

        Assert.Equal(143, result.ExitCode);
        Assert.EndsWith(LastLine + "\n", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Signal.Terminate)]
    [InlineData(Signal.Interrupt)]
    [InlineData(Signal.Hangup)]
    [InlineData(Signal.User1)]
    public async Task Passes_SignalsToTheCommand(Signal signal)
    {
        await using var program = StartCasemate(
            state.Environment, "run", "--guest-port", "0", "--", "python3", "-c", """
            import signal, sys
            wanted = {1, 2, 10, 15}
            signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
            print("ready", flush=True)
            got = signal.sigwait(wanted)
            print("got", int(got), flush=True)
            more = signal.sigtimedwait(wanted, 0.2)
            sys.exit(99 if more else int(got))
            """);
        await program.OutputLineAsync("ready");

        program.Send(signal);

        var result = await program.EndAsync();
        Assert.Equal((int)signal, result.ExitCode);
        Assert.EndsWith(LastLine + "\n", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Passes_CtrlCOnATerminalOnlyOnce()
    {
        // A terminal of Python's making, with casemate in its foreground: the kernel sends SIGINT to the whole group.
        const string driver = """
            import os, pty, sys
            pid, terminal = pty.fork()
            if pid == 0:
                os.execvp(sys.argv[1], sys.argv[1:])
            seen = b""
            typed = False
            while True:
                try:
                    part = os.read(terminal, 4096)
                except OSError:
                    break
                if not part:
                    break
                seen += part
                if b"ready" in seen and not typed:
                    typed = True
                    os.write(terminal, b"\x03")
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            sys.stdout.write(seen.decode("utf-8", "replace"))
            sys.exit(status)
            """;
        const string child = """
            import signal, sys
            signal.pthread_sigmask(signal.SIG_BLOCK, {2})
            print("ready", flush=True)
            signal.sigwait({2})
            sys.exit(9 if signal.sigtimedwait({2}, 0.3) else 5)
            """;

        var result = await ChildProgram.RunAsync(
            "python3",
            [
                "-c", driver, ChildProgram.Casemate.Program, .. ChildProgram.Casemate.Arguments,
                "run", "--guest-port", "0", "--", "python3", "-c", child,
            ],
            environment: state.Environment);

        Assert.True(result.ExitCode == 5, result.Output + result.Error);
        Assert.Contains(LastLine, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_TheCommandAlongWhenItIsKilled()
    {
        await using var program = StartCasemate(
            state.Environment, "run", "--guest-port", "0", "--", "python3", "-c",
            "import os, time; print('pid', os.getpid(), flush=True); time.sleep(60)");
        var child = int.Parse((await program.OutputLineAsync("pid")).Split(' ')[1]);

        program.Send(Signal.Kill);
        await program.EndAsync();

        // The end of the child's output means that the child is gone; what the kernel still remembers of it is a zombie at most.
        var status = $"/proc/{child}/status";
        Assert.True(!File.Exists(status) || (await File.ReadAllTextAsync(status)).Contains("State:\tZ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Says_WhenNothingWasAttested()
    {
        var result = await state.RunAsync("--guest-port", "0", "--", "true");

        Assert.Contains("nothing was attested", result.Error, StringComparison.Ordinal);
        Assert.EndsWith(LastLine + "\n", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_OnlyTheLastLineWhenQuietAndAllIsWell()
    {
        var result = await state.RunAsync(
            "-q", "--guest-port", "0", "--secret", "greeting=hello", "--", App);

        Assert.Equal(("hello\n", LastLine + "\n", 0), (result.Output, result.Error, result.ExitCode));
    }

    [Fact]
    public async Task Says_TheRefusalEvenWhenQuiet()
    {
        var policy = _directory.File("policy.yaml");
        await state.RunAsync("--guest-port", "0", "--pin", policy, "--", "true");

        var result = await state.RunAsync(
            "-q", "--guest-port", "0", "--policy", policy, "--secret", "greeting=x", "--", App);

        Assert.Contains("Identity", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("guest API http", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gives_TheCommandItsEnvironment()
    {
        var result = await state.RunAsync(
            "--guest-port", "0", "--", "sh", "-c", "echo $CASEMATE_GUEST_API; echo $CASEMATE_KBS_URL; echo $AA_KBC_PARAMS");

        var lines = result.Output.Split('\n');
        Assert.StartsWith("http://127.0.0.1:", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("http://127.0.0.1:", lines[1], StringComparison.Ordinal);
        Assert.Equal($"cc_kbc::{lines[1]}", lines[2]);
    }

    [Fact]
    public async Task Takes_SecretsFromFilesAndUnderFullNames()
    {
        await File.WriteAllBytesAsync(_directory.File("key"), [0, 1, 254, 255]);

        var result = await state.RunAsync(
            "--guest-port", "0", "--secret", $"shop/tls/key=@{_directory.File("key")}", "--", "sh", "-c",
            "curl -sS -f --noproxy '*' $CASEMATE_GUEST_API/cdh/resource/shop/tls/key | od -An -tx1");

        Assert.Equal(" 00 01 fe ff\n", result.Output);
    }

    [Fact]
    public async Task Says_WhenTheBrokerDoesNotHoldASecret()
    {
        var result = await state.RunAsync("--guest-port", "0", "--", App);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("default/secret/greeting", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, "was not found in PATH", "no-such-command")]
    [InlineData(3, "does not exist", "./no-such-command")]
    [InlineData(3, "is a directory", "./examples")]
    [InlineData(3, "is not executable", "./LICENSE")]
    public async Task Says_WhyACommandCannotBeRun(int code, string reason, string command)
    {
        var result = await state.RunAsync("--guest-port", "0", "--", command);

        Assert.Equal(code, result.ExitCode);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no '='", "--secret", "hunter2", "--", "true")]
    [InlineData("does not name a secret", "--secret", "../a=b", "--", "true")]
    [InlineData("twice", "--secret", "a=1", "--secret", "default/secret/a=2", "--", "true")]
    [InlineData("not a port", "--guest-port", "70000", "--", "true")]
    [InlineData("sev", "--tee", "sev", "--", "true")]
    [InlineData("COMMAND", "--guest-port", "0")]
    [InlineData("come after --", "ls", "-l")]
    public async Task Refuses_AWrongCommandLine(string reason, params string[] arguments)
    {
        var result = await state.RunAsync(arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--secret", "a=@/no/such/file", "/no/such/file")]
    [InlineData("--secret", "a=", "empty")]
    [InlineData("--policy", "/no/such/policy", "/no/such/policy")]
    [InlineData("--policy", "LICENSE", "not YAML")]
    [InlineData("--pin", "/no/such/directory/policy", "/no/such/directory/policy")]
    public async Task Refuses_AnInputThatCannotBeUsed(string option, string value, string reason)
    {
        var result = await state.RunAsync(option, value, "--guest-port", "0", "--", "true");

        Assert.Equal(3, result.ExitCode);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_ADamagedPlatformAndSaysWhatToDo()
    {
        await File.WriteAllTextAsync(_directory.File("simulator.state"), "damaged");

        var result = await state.RunAsync("--dir", _directory.Path, "--", "true");

        Assert.Equal(3, result.ExitCode);
        Assert.Contains(_directory.File("simulator.state"), result.Error, StringComparison.Ordinal);
        Assert.Contains("mv ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_WhichFlagNamesADirectoryThatIsNotThere()
    {
        var result = await state.RunAsync("--pin", "/nowhere/x.yaml", "--", "true");

        Assert.Equal(3, result.ExitCode);
        Assert.Contains(
            "--pin: '/nowhere/x.yaml' is not a file in a directory that exists: there is no directory '/nowhere'", result.Error,
            StringComparison.Ordinal);
        Assert.DoesNotContain(".tmp-", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_WhenTheStateDirectoryCannotBeUsed()
    {
        var result = await state.RunAsync("--dir", "/proc/nowhere", "--", "true");

        Assert.Equal(3, result.ExitCode);
        Assert.Contains("--dir: the state directory '/proc/nowhere' cannot be created or used", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_APortThatIsTakenIfItWasNamed()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var result = await state.RunAsync("--guest-port", $"{((IPEndPoint)taken.LocalEndpoint).Port}", "--", "true");

        Assert.Equal(4, result.ExitCode);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_AnotherPortIfTheUsualOneIsTaken()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 8006);
        try
        {
            taken.Start();
        }
        catch (SocketException)
        {
            // Somebody else has it, which is just as well.
        }

        var result = await state.RunAsync("--secret", "greeting=hello", "--", App);

        Assert.Equal(("hello\n", 0), (result.Output, result.ExitCode));
        Assert.Contains("port 8006 is taken", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Goes_OnWhenItsAccountCannotBeWritten()
    {
        var result = await ChildProgram.RunAsync(
            "sh",
            [
                "-c", "exec \"$0\" \"$@\" 2>/dev/full", ChildProgram.Casemate.Program, .. ChildProgram.Casemate.Arguments,
                "run", "--guest-port", "0", "--", "sh", "-c", "exit 7",
            ],
            environment: state.Environment);

        Assert.Equal(7, result.ExitCode);
    }

    [Fact]
    public async Task Gives_ATokenThatSaysSimulated()
    {
        var token = await state.RunAsync(
            "--guest-port", "0", "--", "sh", "-c", "curl -sS -f --noproxy '*' \"$CASEMATE_GUEST_API/aa/token?token_type=kbs\"");

        using var json = JsonDocument.Parse(token.Output);
        var payload = json.RootElement.GetProperty("token").GetString()!.Split('.')[1];
        using var claims = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(payload));
        Assert.Contains("\"simulated\":true", claims.RootElement.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("sgx")]
    [InlineData("tdx")]
    public async Task Keeps_EvidenceThatVerifiesUnderTheSimulatorsRootAlone(string tee)
    {
        var evidence = _directory.File("evidence.json");
        await state.RunAsync(
            "--tee", tee, "--guest-port", "0", "--evidence-out", evidence, "--secret", "greeting=x", "--", App);

        var simulated = await state.CasemateAsync("verify", evidence, "--root", state.RootsFile, "-o", "json");
        var production = await state.CasemateAsync("verify", evidence, "-o", "json");

        Assert.Equal(20, simulated.ExitCode);
        using var verdict = JsonDocument.Parse(simulated.Output);
        Assert.Equal(tee, verdict.RootElement.GetProperty("tee").GetString());
        Assert.True(verdict.RootElement.GetProperty("simulated").GetBoolean());
        Assert.Equal(1, production.ExitCode);
    }

    [Fact]
    public async Task Makes_OnePlatformForAllWhoStartAtOnce()
    {
        var (directory, roots) = (_directory.File("new"), _directory.File("new/simulator-roots.pem"));

        var results = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ =>
            state.RunAsync("--dir", directory, "--tee", "sgx", "--guest-port", "0", "--", "cat", roots)));

        Assert.All(results, result => Assert.True(result.ExitCode == 0, result.Error));
        Assert.Single(results.Select(result => result.Output).Distinct());
    }

    private static string MeasurementOf(ChildProgram result) =>
        result.Error.Split('\n').First(line => line.Contains("MRTD", StringComparison.Ordinal)).Split(' ')[^1].Trim();
}
