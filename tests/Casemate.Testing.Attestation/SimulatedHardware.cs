using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Simulator;

namespace Casemate.Testing.Attestation;

/// <summary>
/// One simulated installation as tests of services want it: evidence in the protocol's JSON, and the collateral behind it. Its keys
/// are made once a process (RSA-4096 takes a second).
/// </summary>
public sealed class SimulatedHardware : ICollateralSource
{
    /// <summary>
    /// The instant at which tests take place. In the future, because cookie jars of real clients drop what is over by the machine's clock.
    /// </summary>
    public static readonly DateTimeOffset Noon = new(2040, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Lazy<SimulatedHardware> LazyShared = new(() => new SimulatedHardware(SimulatedPlatform.Create(Noon)));
    private static readonly Lazy<SimulatedHardware> LazyOther = new(() => new SimulatedHardware(SimulatedPlatform.Create(Noon)));

    private SimulatedHardware(SimulatedPlatform platform) => Platform = platform;

    /// <summary>The installation that tests accept.</summary>
    public static SimulatedHardware Shared => LazyShared.Value;

    /// <summary>Another installation, which nobody accepts.</summary>
    public static SimulatedHardware Other => LazyOther.Value;

    /// <summary>The installation.</summary>
    public SimulatedPlatform Platform { get; }

    /// <summary>Production roots and this installation's.</summary>
    public TrustRoots Roots
    {
        get
        {
            _ = Platform.Snp(SnpProduct.Milan);                            // only roots that exist are allowed
            return Platform.Allow(TrustRoots.Production);
        }
    }

    /// <summary>A measurement of the given size.</summary>
    public static byte[] Measurement(int size, byte fill = 0x4D) => [.. Enumerable.Repeat(fill, size)];

    /// <summary>SEV-SNP evidence (Milan).</summary>
    /// <param name="reportData">64 bytes.</param>
    /// <param name="change">Changes the guest; null: measured as <see cref="Measurement"/>, otherwise plain.</param>
    /// <param name="withCertificates">Whether the guest sends its certificates along.</param>
    /// <param name="version">Report version.</param>
    public byte[] Snp(byte[] reportData, Func<SimulatedGuest, SimulatedGuest>? change = null, bool withCertificates = true, int version = 3)
    {
        var guest = new SimulatedGuest { Measurement = Measurement(48) };
        var snp = Platform.Snp(SnpProduct.Milan);
        return KbsEvidence.WriteSnp(
            snp.Report(change?.Invoke(guest) ?? guest, reportData, version), withCertificates ? snp.Endorsements(Noon) : null);
    }

    /// <summary>TDX evidence.</summary>
    public byte[] Tdx(byte[] reportData, Func<SimulatedTd, SimulatedTd>? change = null, int version = 4)
    {
        var td = new SimulatedTd { MrTd = Measurement(48), Kind = TdReportKind.V10 };
        return KbsEvidence.WriteTdx(Platform.Dcap.QuoteTdx(change?.Invoke(td) ?? td, reportData, version), []);
    }

    /// <summary>SGX evidence.</summary>
    public byte[] Sgx(byte[] reportData, Func<SimulatedEnclave, SimulatedEnclave>? change = null, int version = 3)
    {
        var enclave = new SimulatedEnclave { MrEnclave = Measurement(32) };
        return KbsEvidence.WriteSgx(Platform.Dcap.QuoteSgx(change?.Invoke(enclave) ?? enclave, reportData, version));
    }

    /// <summary>Evidence of a kind, with the shared measurement.</summary>
    /// <param name="tee">The protocol's name.</param>
    /// <param name="digest">48 bytes to bind.</param>
    public byte[] Evidence(string tee, byte[] digest) => tee switch
    {
        KbsTee.Snp => Snp(KbsRuntimeData.ToReportData(digest)),
        KbsTee.Tdx => Tdx(KbsRuntimeData.ToReportData(digest)),
        KbsTee.Sgx => Sgx(KbsRuntimeData.ToReportData(digest)),
        KbsTee.Sample => KbsEvidence.WriteSample(digest),
        _ => throw new ArgumentOutOfRangeException(nameof(tee), tee, "No evidence of this kind."),
    };

    /// <inheritdoc/>
    public ValueTask<DcapCollateral?> FindDcapCollateralAsync(DcapCollateralQuery query, CancellationToken cancellationToken) =>
        ValueTask.FromResult<DcapCollateral?>(Platform.Dcap.Collateral(query.Tee, Noon));

    /// <inheritdoc/>
    public ValueTask<SnpEndorsements?> FindSnpEndorsementsAsync(SnpEndorsementQuery query, CancellationToken cancellationToken) =>
        ValueTask.FromResult<SnpEndorsements?>(Platform.Snp(query.Product ?? SnpProduct.Milan).Endorsements(Noon));
}
