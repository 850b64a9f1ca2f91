using Casemate.Attestation.ConfidentialContainers;
using Casemate.Simulator;

namespace Casemate.Quoting.Simulated;

/// <summary>Evidence of a command that pretends to run in a TD, and the register that the command can extend.</summary>
internal sealed class SimulatedTdEvidenceProvider(SimulatedPlatform platform, CommandMeasurement measurement, byte[]? configId)
    : IEvidenceProvider, IRuntimeMeasurements
{
    private readonly RuntimeEventLog _events = new();
    private readonly Lock _extending = new();

    /// <inheritdoc/>
    public string Tee => KbsTee.Tdx;

    /// <inheritdoc/>
    public ValueTask<ReadOnlyMemory<byte>> GetEvidenceAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken)
    {
        SimulatedEvidenceProvider.RequireReportData(reportData);
        byte[] register;
        byte[] log;
        lock (_extending)
        {
            (register, log) = (_events.Register, _events.ToBytes());
        }

        var td = new SimulatedTd { MrTd = measurement.MrTd };
        td = td with { Rtmrs = td.Rtmrs.SetItem(3, register), MrConfigId = configId ?? td.MrConfigId };
        return ValueTask.FromResult<ReadOnlyMemory<byte>>(KbsEvidence.WriteTdx(platform.Dcap.QuoteTdx(td, reportData.Span), log));
    }

    /// <inheritdoc/>
    public ValueTask ExtendAsync(string entry, CancellationToken cancellationToken)
    {
        lock (_extending)
        {
            return _events.TryExtend(entry)
                ? ValueTask.CompletedTask
                : throw new EvidenceProviderException($"the event log is full ({RuntimeEventLog.MaximumSize} bytes)", isTransient: false);
        }
    }
}
