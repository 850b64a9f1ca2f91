using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Sgx;
using Casemate.Collateral;
using Casemate.Quoting;
using Casemate.Quoting.Service;
using Casemate.Quoting.Sgx;
using Casemate.Quoting.Tsm;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Quotes;

/// <summary><c>casemate quote --tee sgx</c> where enclaves are quoted and nobody else has evidence of SGX: it reports by its own enclave.</summary>
public sealed class SgxQuoteTests : IDisposable
{
    private const string Data = "6e6f6e6365";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("--tee", "sgx")]
    [InlineData]
    public async Task AHelperQuotesIt_AndAddsItsCollateral(params string[] tee)
    {
        await using var node = await StartAsync();

        var run = Run(node, ["quote", .. tee, "--data", Data, "--helper", node.EvidenceSocket]);

        Assert.True(run.ExitCode == ExitCode.Success, run.Error);
        var bundle = AssertOfTheEnclave(run.Output);
        Assert.False(bundle.Included.IsEmpty);
        Assert.Equal([_directory.File("sgx_enclave")], node.Devices);
    }

    [Fact]
    public async Task WithoutCollateral_ItHasNone_AndTheNextCommandNamesWhatIsMissing()
    {
        await using var node = await StartAsync();
        var file = _directory.File("evidence.json");

        var run = Run(node, "quote", "--tee", "sgx", "--data", Data, "--helper", node.EvidenceSocket, "--no-collateral", "--out", file);

        Assert.True(run.ExitCode == ExitCode.Success, run.Error);
        Assert.True(AssertOfTheEnclave(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Included.IsEmpty);
        Assert.Contains($"casemate verify {file}", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("simulated", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BesideAnAesmServiceAlone_ItAsksThat()
    {
        Assert.SkipWhen(File.Exists("/var/run/aesmd/evidence.socket"), "a quote helper runs on this machine");
        await using var node = await StartAsync();
        await File.WriteAllBytesAsync(_directory.File("sgx_enclave"), [], TestContext.Current.CancellationToken);

        foreach (var arguments in new string[][] { ["quote", "--tee", "sgx", "--data", Data], ["quote", "--data", Data] })
        {
            var run = Run(node, arguments);
            Assert.True(run.ExitCode == ExitCode.Success, run.Error);
            AssertOfTheEnclave(run.Output);
        }
    }

    [Fact]
    public async Task AnAesmServiceThatRefusesTheReport_IsQuoted()
    {
        Assert.SkipWhen(File.Exists("/var/run/aesmd/evidence.socket"), "a quote helper runs on this machine");
        await using var node = await StartAsync();
        await File.WriteAllBytesAsync(_directory.File("sgx_enclave"), [], TestContext.Current.CancellationToken);

        var run = CommandLine.RunWithEnclaves(Machine(node), _ => new Forged(), "quote", "--tee", "sgx");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("answered 47 (InvalidReport)", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SimulatedEvidenceOfAHelper_StaysWhatItIs_AndNoEnclaveIsMade()
    {
        await using var node = await StartAsync([Tee.Sgx]);

        var run = Run(node, "quote", "--tee", "sgx", "--data", Data, "--helper", node.EvidenceSocket);

        Assert.True(run.ExitCode == ExitCode.Success, run.Error);
        Assert.Equal(Cli.Quotes.SimulatedNode.Measurement.MrEnclave, MrEnclaveOf(run.Output).MrEnclave);
        Assert.Empty(node.Devices);
    }

    [Fact]
    public async Task WithoutATee_EvidenceThatTheHelperHasItself_ComesFirst()
    {
        await using var node = await StartAsync([Tee.Tdx]);

        var run = Run(node, "quote", "--helper", node.EvidenceSocket);

        Assert.True(run.ExitCode == ExitCode.Success, run.Error);
        Assert.Equal(Tee.Tdx, EvidenceBundle.Parse(System.Text.Encoding.UTF8.GetBytes(run.Output), "output").Tee);
        Assert.Empty(node.Devices);
    }

    [Fact]
    public async Task AnEnclaveThatCannotBeMade_IsExplained_AndNotTriedAgain()
    {
        await using var node = await StartAsync();
        node.Failures.Enqueue(new EvidenceProviderException("No report of an enclave, /dev/sgx_enclave: it is not there.", isTransient: false));

        var run = Run(node, "quote", "--tee", "sgx", "--helper", node.EvidenceSocket, "--wait", "60");

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains(
            "no evidence can be made here: No report of an enclave, /dev/sgx_enclave: it is not there.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatMayBeGoneSoon_IsTriedAgain()
    {
        await using var node = await StartAsync();
        node.Failures.Enqueue(new EvidenceProviderException("No EPC is left.", isTransient: true));

        var run = Run(node, "quote", "--tee", "sgx", "--data", Data, "--helper", node.EvidenceSocket, "--wait", "60");

        Assert.True(run.ExitCode == ExitCode.Success, run.Error);
        AssertOfTheEnclave(run.Output);
    }

    [Fact]
    public async Task WithoutADevice_ItIsNamed()
    {
        await using var node = await StartAsync();

        var run = CommandLine.RunOn(Machine(node), new Dictionary<string, string>(), "quote", "--tee", "sgx", "--helper", node.EvidenceSocket);

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains($"{_directory.File("sgx_enclave")}: it does not exist: turn SGX on in the firmware", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AHelperWithoutItsKey_IsSaidToHaveNone()
    {
        await using var node = await StartAsync(provider: new Keyless());

        var run = Run(node, "quote", "--tee", "sgx", "--helper", node.EvidenceSocket);

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains("has no attestation key for enclaves yet", run.Error, StringComparison.Ordinal);
        Assert.Empty(node.Devices);
    }

    private static EvidenceFile AssertOfTheEnclave(string json)
    {
        var (bundle, mrEnclave, reportData) = MrEnclaveOf(json);
        Assert.Equal(ReportEnclave.MrEnclave.ToArray(), mrEnclave);
        Assert.Equal(Data + new string('0', 118), Convert.ToHexStringLower(reportData));
        return bundle;
    }

    private static (EvidenceFile Bundle, byte[] MrEnclave, byte[] ReportData) MrEnclaveOf(string json)
    {
        var bundle = EvidenceBundle.Parse(System.Text.Encoding.UTF8.GetBytes(json), "output");
        Assert.Equal(Tee.Sgx, bundle.Tee);
        Assert.Equal(QuoteError.None, Quote.TryRead(bundle.Evidence.Span, out var quote, out _));
        Assert.True(SgxReportBody.TryRead(quote.Body, out var body));
        return (bundle, body.MrEnclave.ToArray(), body.ReportData.ToArray());
    }

    private Task<SgxNode> StartAsync(Tee[]? simulated = null, IQuoteProvider? provider = null) =>
        SgxNode.StartAsync(_directory.File("state"), _directory.File("s"), simulated, provider);

    private EvidenceRoots Machine(SgxNode node) => new()
    {
        Tsm = new TsmReportOptions { Root = _directory.File("tsm") },
        SnpDevice = _directory.File("sev-guest"),
        TdxDevice = _directory.File("tdx_guest"),
        SgxDevice = _directory.File("sgx_enclave"),
        AesmSocket = node.AesmSocket,
    };

    private CommandLine Run(SgxNode node, params string[] arguments) => CommandLine.RunWithEnclaves(Machine(node), node.Open, arguments);

    private sealed class Forged : ISgxReportSource
    {
        public ReadOnlyMemory<byte> Report(ReadOnlySpan<byte> targetInfo, ReadOnlySpan<byte> reportData) => new byte[432];
    }

    // A machine with SGX whose key cannot be made, as without a caching service.
    private sealed class Keyless : IQuoteProvider
    {
        public string Name => "keyless";

        public bool Simulated => false;

        public int MaximumConcurrency => 1;

        public AttestationKeyId KeyId => AttestationKeyId.IntelQe3;

        public ValueTask<QuotingTarget> InitialiseAsync(bool refresh, CancellationToken cancellationToken) =>
            throw new QuoteProviderException(AesmError.ServiceUnavailable, "there is no collateral");

        public ValueTask<QuoteAnswer> QuoteAsync(QuoteRequest request, CancellationToken cancellationToken) =>
            throw new QuoteProviderException(AesmError.ServiceUnavailable, "there is no key");

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
