using Casemate.Attestation;
using Casemate.Quoting;
using Casemate.Quoting.Service;
using Casemate.Quoting.Sgx;
using Casemate.Quoting.Simulated;
using Casemate.Serve.Quoting;
using Casemate.Simulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Cli.Tests.Quotes;

/// <summary>
/// A node with SGX, whose processor and quoting enclave are the simulator's, with a quote helper as on hardware: it quotes enclaves, and has
/// no evidence of its own.
/// </summary>
internal sealed class SgxNode : IAsyncDisposable
{
    private readonly SimulatedPlatform _platform;
    private readonly QuoteHelper _helper;

    private SgxNode(SimulatedPlatform platform, QuoteHelper helper, string sockets)
    {
        (_platform, _helper) = (platform, helper);
        (AesmSocket, EvidenceSocket) = (Path.Combine(sockets, "aesm.socket"), Path.Combine(sockets, "evidence.socket"));
    }

    public string AesmSocket { get; }

    public string EvidenceSocket { get; }

    /// <summary>What the enclave is, to the processor. Default: the report enclave, not debuggable.</summary>
    public SimulatedEnclave Enclave { get; set; } = new() { MrEnclave = ReportEnclave.MrEnclave.ToArray(), Xfrm = 3 };

    /// <summary>Failures of the enclave, in the order of its reports; afterwards it reports.</summary>
    public Queue<EvidenceProviderException> Failures { get; } = new();

    /// <summary>The devices with which enclaves were made, in order.</summary>
    public List<string> Devices { get; } = [];

    /// <summary>Starts it.</summary>
    /// <param name="state">Directory of the simulated platform.</param>
    /// <param name="sockets">Directory of the sockets.</param>
    /// <param name="simulated">Kinds of evidence that the helper has itself, all simulated.</param>
    /// <param name="provider">Quotes enclaves; null: the simulated machine.</param>
    /// <param name="hasCollateral">Whether the helper has collateral.</param>
    public static async Task<SgxNode> StartAsync(
        string state, string sockets, Tee[]? simulated = null, IQuoteProvider? provider = null, bool hasCollateral = true)
    {
        var platform = (await SimulatedInstallation.OpenAsync(state, [], TimeProvider.System, CancellationToken.None)).Platform;
        var helper = await QuoteHelper.StartAsync(
            new QuoteHelperOptions
            {
                Provider = provider ?? new SimulatedQuoteProvider(platform.Dcap),
                Sources = [.. (simulated ?? []).Select(tee => Cli.Quotes.SimulatedNode.Source(platform, tee))],
                Collateral = hasCollateral ? new SimulatedCollateralSource(platform, TimeProvider.System) : null,
                Sockets = [Path.Combine(sockets, "aesm.socket")],
                EvidenceSocket = Path.Combine(sockets, "evidence.socket"),
            },
            NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);
        return new SgxNode(platform, helper, sockets);
    }

    /// <summary>Makes reports as the processor would of <see cref="Enclave"/>.</summary>
    public ISgxReportSource Open(string device)
    {
        Devices.Add(device);
        return new Reports(this);
    }

    public ValueTask DisposeAsync() => _helper.DisposeAsync();

    private sealed class Reports(SgxNode node) : ISgxReportSource
    {
        public ReadOnlyMemory<byte> Report(ReadOnlySpan<byte> targetInfo, ReadOnlySpan<byte> reportData) =>
            node.Failures.TryDequeue(out var failure) ? throw failure : node._platform.Dcap.Report(node.Enclave, targetInfo, reportData);
    }
}
