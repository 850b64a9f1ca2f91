using System.Text.Json;
using Casemate.Quoting.Service.Audit;
using Casemate.Quoting.Simulated;
using Casemate.Simulator;
using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>
/// <c>casemate quote-helper</c> as a process, asked by a client that shares no code with it; its quotes judged by <c>casemate verify</c>.
/// </summary>
public sealed class QuoteHelperTests(SharedState state) : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Socket => _directory.File("s/aesm.socket");

    private string Audit => _directory.File("audit/quotes.jsonl");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("open-enclave")]
    [InlineData("gramine")]
    public async Task AnIndependentClient_GetsAQuote_ThatVerifyAccepts(string client)
    {
        await using var helper = await StartAsync();
        var quote = await QuoteAsync(client);
        await AssertAcceptedAsync(quote);

        helper.Send(RunningProgram.Signal.Terminate);
        Assert.Equal(0, (await helper.EndAsync()).ExitCode);
        Assert.False(File.Exists(Socket));
        Assert.Equal((1, (string?)null), QuoteAuditLog.Verify(Audit));
    }

    [Fact]
    public async Task Killed_ItComesBack_WithTheSameKey_InTheSameDirectory_AndItsRecords()
    {
        string firstKey;
        await using (var helper = await StartAsync())
        {
            firstKey = await KeyNameAsync();
            await QuoteAsync("gramine");
            helper.Send(RunningProgram.Signal.Kill);
            await helper.EndAsync();
        }

        Assert.True(File.Exists(Socket), "a killed process leaves its socket, which the next one replaces");
        var dead = await state.CasemateAsync("quote-helper", "check", "--socket", Socket);
        Assert.Equal(4, dead.ExitCode);
        Assert.Contains("nobody listens", dead.Output, StringComparison.Ordinal);

        await using var next = await StartAsync();
        Assert.Equal(firstKey, await KeyNameAsync());
        await AssertAcceptedAsync(await QuoteAsync("open-enclave"));
        next.Send(RunningProgram.Signal.Terminate);
        Assert.Equal(0, (await next.EndAsync()).ExitCode);
        var (records, problem) = QuoteAuditLog.Verify(Audit);
        Assert.Null(problem);
        Assert.True(records >= 4, $"{records} records");
    }

    [Theory]
    [InlineData("sgx")]
    [InlineData("tdx")]
    public async Task QuoteCommand_GetsEvidenceWithCollateral_ThatVerifyAccepts(string tee)
    {
        await using var helper = await StartAsync();
        var file = _directory.File("evidence.json");
        var made = await state.CasemateAsync(
            "quote", "--tee", tee, "--data", "6e6f6e6365", "--helper", _directory.File("s/evidence.socket"), "--out", file);
        Assert.True(made.ExitCode == 0, made.Error);

        var verdict = await state.CasemateAsync("verify", file, "--root", state.RootsFile, "--report-data", "6e6f6e6365");
        Assert.True(verdict.ExitCode == 20, verdict.Output + verdict.Error);

        const string hint = "verify it: casemate ";
        var pasted = made.Error.Split('\n').Single(line => line.StartsWith(hint, StringComparison.Ordinal))[hint.Length..];
        Assert.Equal(20, (await state.CasemateAsync(pasted.Split(' '))).ExitCode);
    }

    [Fact]
    public async Task EvidenceBringsTheCollateralOfASignedBundle_AndOfNobodyElses()
    {
        var installation = await SimulatedInstallation.OpenAsync(
            state.Directory, [], TimeProvider.System, TestContext.Current.CancellationToken);
        string[] store = ["--dir", _directory.File("store"), "--root", state.RootsFile];
        var fetched = await state.CasemateAsync([
            "collateral", "fetch", "--fmspc", installation.Platform.Dcap.Provisioning.Fmspc, "--source", "simulated",
            "--simulator-dir", state.Directory, .. store]);
        Assert.True(fetched.ExitCode == 0, fetched.Error);
        var (bundle, key) = (_directory.File("fleet.tar"), _directory.File("fleet.key"));
        var exported = await state.CasemateAsync(["collateral", "export", "--out", bundle, "--key", key, .. store]);
        Assert.True(exported.ExitCode == 0, exported.Error);

        await using (var helper = await StartAsync("--collateral", bundle, "--bundle-key", key + ".pub"))
        {
            var file = _directory.File("evidence.json");
            var made = await state.CasemateAsync(
                "quote", "--tee", "tdx", "--data", "6e6f6e6365", "--helper", _directory.File("s/evidence.socket"), "--out", file);
            Assert.True(made.ExitCode == 0, made.Error);
            var verdict = await state.CasemateAsync("verify", file, "--root", state.RootsFile, "--report-data", "6e6f6e6365");
            Assert.True(verdict.ExitCode == 20, verdict.Output + verdict.Error);
        }

        var unnamed = await state.CasemateAsync(
            "quote-helper", "--provider", "simulated", "--socket", Socket, "--http", "off", "--audit", Audit, "--collateral", bundle);
        Assert.Equal(2, unnamed.ExitCode);
        Assert.Contains("--bundle-key", unnamed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_TellsASimulatedHelper_FromOneOfAnotherMachine()
    {
        await using var helper = await StartAsync();
        var own = await state.CasemateAsync("quote-helper", "check", "--socket", Socket);
        Assert.True(own.ExitCode == 20, own.Output + own.Error);
        Assert.Contains("Gramine 2: a quote", own.Output, StringComparison.Ordinal);

        var foreign = await state.CasemateAsync("quote-helper", "check", "--socket", Socket, "--dir", _directory.File("none"));
        Assert.Equal(0, foreign.ExitCode);
        Assert.Contains("refused (47), as it must be", foreign.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EachAllocation_HasASocketOfItsOwn_WhichTheRecordNames()
    {
        Directory.CreateDirectory(_directory.File("a/first"));
        await using var helper = await StartAsync("--allocations", _directory.File("a"));
        Directory.CreateDirectory(_directory.File("a/second"));
        await helper.ErrorLineAsync("Listening on " + _directory.File("a/second/aesm.socket"));
        await QuoteAsync("gramine", _directory.File("a/second/aesm.socket"));

        helper.Send(RunningProgram.Signal.Terminate);
        await helper.EndAsync();
        using var record = JsonDocument.Parse(await File.ReadAllTextAsync(Audit, TestContext.Current.CancellationToken));
        var peer = record.RootElement.GetProperty("peer");
        Assert.Equal("Allocation", peer.GetProperty("identification").GetString());
        Assert.Equal(_directory.File("a/second/aesm.socket"), peer.GetProperty("socket").GetString());
    }

    [Fact]
    public async Task EachAllocation_HasEvidenceToo_AndTheRecordNamesItsSocket()
    {
        await using var helper = await StartAsync("--allocations", _directory.File("a"));
        Directory.CreateDirectory(_directory.File("a/first"));
        var (socket, file) = (_directory.File("a/first/evidence.socket"), _directory.File("evidence.json"));
        var made = await state.CasemateAsync(
            "quote", "--tee", "tdx", "--data", "6e6f6e6365", "--wait", "60", "--helper", socket, "--out", file);
        Assert.True(made.ExitCode == 0, made.Error);
        var verdict = await state.CasemateAsync("verify", file, "--root", state.RootsFile, "--report-data", "6e6f6e6365");
        Assert.True(verdict.ExitCode == 20, verdict.Output + verdict.Error);
        Directory.Delete(_directory.File("a/first"), recursive: true);
        Directory.CreateDirectory(_directory.File("a/second"));
        await helper.ErrorLineAsync("Listening on " + _directory.File("a/second/aesm.socket"));

        helper.Send(RunningProgram.Signal.Terminate);
        Assert.Equal(0, (await helper.EndAsync()).ExitCode);
        Assert.False(Directory.Exists(_directory.File("a/first")), "an allocation that is gone stays gone");
        using var record = JsonDocument.Parse(await File.ReadAllTextAsync(Audit, TestContext.Current.CancellationToken));
        var peer = record.RootElement.GetProperty("peer");
        Assert.Equal("Allocation", peer.GetProperty("identification").GetString());
        Assert.Equal(socket, peer.GetProperty("socket").GetString());
    }

    [Theory]
    [InlineData(false, 1, "answered 30 (ServiceUnavailable)")]
    [InlineData(true, 20, "SIMULATED: works")]
    public async Task OnAFullDisk_GivesOutNoQuote_UnlessQuotesWithoutRecordsAreAllowed(bool allowed, int exitCode, string told)
    {
        Directory.CreateDirectory(_directory.File("audit"));
        File.CreateSymbolicLink(Audit, "/dev/full");                       // a device on which every write finds no space
        await using var helper = await StartAsync(allowed ? ["--allow-unrecorded-quotes"] : []);
        var check = await state.CasemateAsync("quote-helper", "check", "--socket", Socket);

        Assert.True(check.ExitCode == exitCode, check.Output + check.Error);
        Assert.Contains(told, check.Output, StringComparison.Ordinal);
        await helper.ErrorLineAsync("\"EventId\":3430");
    }

    [Fact]
    public async Task OnAMachineWithoutIntelsLibrary_TheHelperStarts_IsNotReady_AndSaysWhatIsMissing()
    {
        await using var helper = RunningProgram.StartCasemate(
            state.Environment,
            ["quote-helper", "--provider", "dcap", "--dcap-libraries", _directory.File("none"), "--socket", Socket, "--http", "off", "--audit", Audit]);
        await helper.ErrorLineAsync("InterfaceUnavailable");

        var check = await state.CasemateAsync("quote-helper", "check", "--socket", Socket);
        Assert.Equal(1, check.ExitCode);
        Assert.Contains("InterfaceUnavailable", check.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Auto_NeverTakesTheSimulator()
    {
        Assert.SkipWhen(
            File.Exists("/dev/sgx_enclave") || File.Exists("/dev/sgx/enclave") || File.Exists("/dev/sev-guest") || File.Exists("/dev/tdx_guest")
            || Directory.Exists("/sys/kernel/config/tsm/report"),
            "this machine has a TEE");
        var refused = await state.CasemateAsync("quote-helper", "--socket", Socket, "--http", "off", "--audit", Audit);

        Assert.Equal(4, refused.ExitCode);
        Assert.Contains("this machine has nothing that makes quotes: no SGX device", refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Socket));
    }

    private async Task<RunningProgram> StartAsync(params string[] more)
    {
        var helper = RunningProgram.StartCasemate(
            state.Environment,
            ["quote-helper", "--provider", "simulated", "--socket", Socket, "--http", "off", "--audit", Audit, .. more]);
        try
        {
            await helper.ErrorLineAsync("\"EventId\":3422");
            await helper.ErrorLineAsync("\"EventId\":3451");
            return helper;
        }
        catch
        {
            await helper.DisposeAsync();
            throw;
        }
    }

    private async Task<string> QuoteAsync(string client, string? socket = null)
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/python3"), "'python3' is not installed (Debian: apt-get install python3)");
        var cancellationToken = TestContext.Current.CancellationToken;
        var installation = await SimulatedInstallation.OpenAsync(state.Directory, [], TimeProvider.System, cancellationToken);
        var machine = installation.Platform.Dcap;
        var target = machine.QuotingEnclave.TargetInfo;
        var report = machine.Report(
            new SimulatedEnclave { MrEnclave = [.. Enumerable.Repeat((byte)0x33, 32)] }, target.Span, [.. "nonce"u8, .. new byte[59]]);
        await File.WriteAllBytesAsync(_directory.File("report"), report, cancellationToken);
        await File.WriteAllBytesAsync(_directory.File("target"), target.ToArray(), cancellationToken);
        var quote = _directory.File("quote.bin");
        var script = Path.Combine(RepositoryPaths.Root, "tests", "independent", "aesm_client.py");
        var run = await ChildProgram.RunAsync(
            "python3",
            [
                "-B", script, client, "--socket", socket ?? Socket, "--report", _directory.File("report"),
                "--target-info", _directory.File("target"), "--out", quote,
            ]);
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        return quote;
    }

    private async Task AssertAcceptedAsync(string quote)
    {
        // Any evidence of the same machine brings the collateral: here the simulator's own.
        var bundle = _directory.File("collateral.json");
        var made = await state.CasemateAsync("quote", "--simulated", "--tee", "sgx", "--out", bundle);
        Assert.True(made.ExitCode == 0, made.Error);
        var verdict = await state.CasemateAsync(
            "verify", quote, "--root", state.RootsFile, "--collateral", bundle, "--report-data", "6e6f6e6365");
        Assert.True(verdict.ExitCode == 20, verdict.Output + verdict.Error);
    }

    private async Task<string> KeyNameAsync()
    {
        var check = await state.CasemateAsync("quote-helper", "check", "--socket", Socket, "-o", "json");
        Assert.True(check.ExitCode == 20, check.Output + check.Error);
        using var answer = JsonDocument.Parse(check.Output);
        return answer.RootElement.GetProperty("steps").EnumerateArray()
            .Single(step => step.GetProperty("name").GetString() == "Open Enclave 4: name of the key").GetProperty("detail").GetString()!;
    }
}
