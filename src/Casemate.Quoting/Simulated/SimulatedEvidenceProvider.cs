using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Snp;
using Casemate.Simulator;

namespace Casemate.Quoting.Simulated;

/// <summary>
/// Evidence of a command that pretends to run in a TEE: genuine in form, worthless as proof, and only ever accepted by who names
/// the simulated platform's root.
/// </summary>
public sealed class SimulatedEvidenceProvider : IEvidenceProvider
{
    /// <summary>The AMD product line that is simulated.</summary>
    public const SnpProduct Product = SnpProduct.Genoa;

    private readonly SimulatedPlatform _platform;
    private readonly Tee _tee;
    private readonly CommandMeasurement _measurement;
    private readonly TimeProvider _time;

    private SimulatedEvidenceProvider(SimulatedPlatform platform, Tee tee, CommandMeasurement measurement, TimeProvider time)
    {
        (_platform, _tee, _measurement, _time) = (platform, tee, measurement, time);
    }

    /// <inheritdoc/>
    public string Tee => KbsTee.NameOf(_tee);

    /// <summary>Makes a provider; for TDX one that can extend runtime measurements as well.</summary>
    /// <param name="platform">The simulated machine.</param>
    /// <param name="tee">The kind of evidence.</param>
    /// <param name="measurement">What the evidence says of the workload.</param>
    /// <param name="time">The clock.</param>
    public static IEvidenceProvider Create(SimulatedPlatform platform, Tee tee, CommandMeasurement measurement, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(platform);
        ArgumentNullException.ThrowIfNull(measurement);
        return tee is Attestation.Tee.Tdx
            ? new SimulatedTdEvidenceProvider(platform, measurement)
            : new SimulatedEvidenceProvider(platform, tee, measurement, time);
    }

    /// <inheritdoc/>
    public ValueTask<ReadOnlyMemory<byte>> GetEvidenceAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken)
    {
        RequireReportData(reportData);
        var evidence = _tee is Attestation.Tee.Snp ? MakeSnp(reportData.Span) : MakeSgx(reportData.Span);
        return ValueTask.FromResult<ReadOnlyMemory<byte>>(evidence);
    }

    internal static void RequireReportData(ReadOnlyMemory<byte> reportData)
    {
        if (reportData.Length != KbsRuntimeData.ReportDataSize)
        {
            throw new ArgumentException(
                $"Report data has {KbsRuntimeData.ReportDataSize} bytes, not {reportData.Length}.", nameof(reportData));
        }
    }

    private byte[] MakeSnp(ReadOnlySpan<byte> reportData)
    {
        var snp = _platform.Snp(Product);
        var report = snp.Report(new SimulatedGuest { Measurement = _measurement.Measurement }, reportData, version: 5);
        return KbsEvidence.WriteSnp(report, snp.Endorsements(_time.GetUtcNow()));
    }

    private byte[] MakeSgx(ReadOnlySpan<byte> reportData) =>
        KbsEvidence.WriteSgx(_platform.Dcap.QuoteSgx(new SimulatedEnclave { MrEnclave = _measurement.MrEnclave }, reportData));
}
