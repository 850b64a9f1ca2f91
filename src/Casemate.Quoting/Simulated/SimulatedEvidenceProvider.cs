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

    private const int SnpHostDataSize = 32;
    private const int TdxConfigIdSize = 48;

    private readonly SimulatedPlatform _platform;
    private readonly Tee _tee;
    private readonly CommandMeasurement _measurement;
    private readonly TimeProvider _time;
    private readonly byte[]? _hostData;

    private SimulatedEvidenceProvider(SimulatedPlatform platform, Tee tee, CommandMeasurement measurement, TimeProvider time, byte[]? hostData)
    {
        (_platform, _tee, _measurement, _time, _hostData) = (platform, tee, measurement, time, hostData);
    }

    /// <inheritdoc/>
    public string Tee => KbsTee.NameOf(_tee);

    /// <summary>Makes a provider; for TDX one that can extend runtime measurements as well.</summary>
    /// <param name="platform">The simulated machine.</param>
    /// <param name="tee">The kind of evidence.</param>
    /// <param name="measurement">What the evidence says of the workload.</param>
    /// <param name="time">The clock.</param>
    /// <param name="hostData">What the host fixes at the guest's start, such as the digest of initdata: HOST_DATA of SEV-SNP (32 bytes) or
    /// MRCONFIGID of TDX (48 bytes); null for zeros.</param>
    /// <exception cref="ArgumentException"><paramref name="hostData"/> has another length, or the kind of evidence carries none.</exception>
    public static IEvidenceProvider Create(
        SimulatedPlatform platform, Tee tee, CommandMeasurement measurement, TimeProvider time, byte[]? hostData = null)
    {
        ArgumentNullException.ThrowIfNull(platform);
        ArgumentNullException.ThrowIfNull(measurement);
        var size = tee switch { Attestation.Tee.Snp => SnpHostDataSize, Attestation.Tee.Tdx => TdxConfigIdSize, _ => 0 };
        if (hostData is not null && (size == 0 || hostData.Length != size))
        {
            throw new ArgumentException($"Evidence of {tee} carries {size} bytes of the host's, not {hostData.Length}.", nameof(hostData));
        }

        return tee is Attestation.Tee.Tdx
            ? new SimulatedTdEvidenceProvider(platform, measurement, hostData)
            : new SimulatedEvidenceProvider(platform, tee, measurement, time, hostData);
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
        var guest = new SimulatedGuest { Measurement = _measurement.Measurement };
        var report = snp.Report(_hostData is { } hostData ? guest with { HostData = hostData } : guest, reportData, version: 5);
        return KbsEvidence.WriteSnp(report, snp.Endorsements(_time.GetUtcNow()));
    }

    private byte[] MakeSgx(ReadOnlySpan<byte> reportData) =>
        KbsEvidence.WriteSgx(_platform.Dcap.QuoteSgx(new SimulatedEnclave { MrEnclave = _measurement.MrEnclave }, reportData));
}
