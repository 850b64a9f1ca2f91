using Casemate.Quoting.Qgs;
using Casemate.Simulator;

namespace Casemate.Quoting.Simulated;

/// <summary>TDX quotes of a simulated machine, for the TDs that are simulated on it.</summary>
/// <param name="machine">The machine.</param>
public sealed class SimulatedTdQuoteProvider(SimulatedDcap machine) : ITdQuoteProvider
{
    /// <inheritdoc/>
    public string Name => "simulated";

    /// <inheritdoc/>
    public bool Simulated => true;

    /// <inheritdoc/>
    public int MaximumConcurrency => Environment.ProcessorCount;

    /// <inheritdoc/>
    public ValueTask<TdPlatform?> DescribeAsync(CancellationToken cancellationToken) => ValueTask.FromResult<TdPlatform?>(new TdPlatform(
        machine.Scenario.TdQuotingEnclave.IsvSvn, machine.Scenario.Machine.PceSvn, machine.PlatformId, machine.CpuSvn));

    /// <inheritdoc/>
    public ValueTask<byte[]> QuoteAsync(ReadOnlyMemory<byte> tdReport, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return machine.AcceptsTdReport(tdReport.Span)
            ? ValueTask.FromResult(machine.QuoteTd(tdReport.Span))
            : throw new QuoteProviderException(AesmError.InvalidReport, "the TD report was not made on this machine");
    }
}
