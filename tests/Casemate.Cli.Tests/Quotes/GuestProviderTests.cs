using System.Net;
using System.Net.Sockets;
using Casemate.Attestation;
using Casemate.Quoting;
using Casemate.Quoting.Service;
using Casemate.Quoting.Simulated;
using Casemate.Quoting.Tsm;
using Casemate.Serve.Quoting;
using Casemate.Simulator;
using Casemate.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Cli.Tests.Quotes;

/// <summary>Back ends that a machine has or has not, and helpers beside each other, as the command line tells of them.</summary>
public sealed class GuestProviderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private EvidenceRoots Machine => new()
    {
        Tsm = new TsmReportOptions { Root = _directory.File("tsm") },
        SnpDevice = _directory.File("sev-guest"),
        TdxDevice = _directory.File("tdx_guest"),
        SgxDevice = _directory.File("sgx_enclave"),
        AesmSocket = _directory.File("s/aesm.socket"),
    };

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("tsm", "tsm does not exist")]
    [InlineData("snp", "sev-guest does not exist")]
    [InlineData("tdx", "tdx_guest does not exist")]
    public void ABackEndThatTheMachineLacks_IsNamed_WithWhatIsMissing(string provider, string missing)
    {
        var run = Run("quote-helper", "--provider", provider);

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains($"--provider {provider}: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(missing, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void TheReportsOfAHost_AreLookedFor_WhereTheyAreMounted()
    {
        var run = Run("quote-helper", "--provider", "tsm", "--tsm-reports", _directory.File("host/tsm-reports"));

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains($"--provider tsm: {_directory.File("host/tsm-reports")} does not exist", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("quote-helper")]
    [InlineData("quote")]
    public void AMachineWithNothing_IsTold_OneLineForEachKind(string command)
    {
        Assert.SkipWhen(File.Exists("/var/run/aesmd/evidence.socket"), "a quote helper runs on this machine");
        var run = Run(command);

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        var findings = run.Error.Split('\n').Where(line => line.StartsWith("  - ", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, findings.Count);
        Assert.StartsWith("  - tdx: ", findings[0], StringComparison.Ordinal);
        Assert.StartsWith("  - snp: ", findings[1], StringComparison.Ordinal);
        Assert.StartsWith("  - sgx: ", findings[2], StringComparison.Ordinal);
    }

    [Fact]
    public void AnEmptySocket_IsAUsageError()
    {
        var run = Run("quote-helper", "--provider", "simulated", "--socket", "");

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("--socket: the value is empty", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void APortThatIsTaken_IsNamedAsTheFlagThatAskedForIt()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = taken.LocalEndpoint.ToString()!;
        var run = Run("quote-helper", "--provider", "simulated", "--socket", _directory.File("Sockets/aesm.socket"), "--http", address);

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains($"--http: another process listens on {address}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AuthoritiesWithoutAService_AreAUsageError()
    {
        var run = Run("quote-helper", "--provider", "simulated", "--collateral-ca", "ca.pem");

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("--collateral-ca", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASecondHelper_IsToldWhoHasTheSocket_BeforeAnyOfItsFiles()
    {
        await using var first = await StartGuestAsync(_directory.File("state/quote-helper/quotes.jsonl"));
        var run = Run("quote-helper", "--provider", "simulated", "--socket", _directory.File("s/Sockets.socket"), "--http", "off");

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains($"Another process listens on {_directory.File("s/Sockets.socket")}", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("jsonl", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_OnAGuest_AsksForItsEvidence()
    {
        await using var helper = await StartGuestAsync(null);
        var run = Run("quote-helper", "check", "--socket", _directory.File("s/Sockets.socket"));

        Assert.True(run.ExitCode == ExitCode.Success, run.Output + run.Error);
        Assert.Contains("none on this machine, as AESM clients are told (2)", run.Output, StringComparison.Ordinal);
        Assert.Contains("bytes over our report data", run.Output, StringComparison.Ordinal);
        Assert.Contains("WORKS", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_OnAGuestThatMakesNone_SaysWhy()
    {
        await using var helper = await StartGuestAsync(null, new EvidenceProviderException("No report.", isTransient: false));
        var run = Run("quote-helper", "check", "--socket", _directory.File("s/Sockets.socket"));

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("FAIL", run.Output, StringComparison.Ordinal);
        Assert.Contains("evidence of this machine", run.Output, StringComparison.Ordinal);
    }

    private CommandLine Run(params string[] arguments) => CommandLine.RunOn(
        Machine, new Dictionary<string, string> { ["CASEMATE_STATE_DIR"] = _directory.File("state") }, arguments);

    private async Task<QuoteHelper> StartGuestAsync(string? audit, EvidenceProviderException? fault = null)
    {
        if (audit is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(audit)!);
        }

        var installation = await SimulatedInstallation.OpenAsync(_directory.File("state"), [], TimeProvider.System, Ct);
        var source = NodeEvidenceSource.Of(new Td(installation.Platform, fault));
        return await QuoteHelper.StartAsync(
            new QuoteHelperOptions
            {
                Provider = new NoEnclaveProvider(source, 1),
                Sources = [source],
                Sockets = [_directory.File("s/Sockets.socket")],
                EvidenceSocket = _directory.File("s/evidence.socket"),
                AuditPath = audit,
            },
            NullLoggerFactory.Instance, TimeProvider.System, Ct);
    }

    private sealed class Td(SimulatedPlatform platform, EvidenceProviderException? fault) : IGuestEvidenceProvider
    {
        public Tee Tee => Tee.Tdx;

        public string Name => "tsm";

        public ValueTask<GuestEvidence> GetAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken) =>
            fault is not null ? throw fault : ValueTask.FromResult(new GuestEvidence(
                Tee.Tdx, platform.Dcap.QuoteTdx(new SimulatedTd { MrTd = new byte[48] }, reportData.Span)));
    }
}
