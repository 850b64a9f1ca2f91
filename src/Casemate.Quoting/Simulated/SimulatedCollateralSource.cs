using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Simulator;

namespace Casemate.Quoting.Simulated;

/// <summary>The provisioning service and key server of a simulated platform: collateral for its own evidence and for no other.</summary>
/// <param name="platform">The platform.</param>
/// <param name="time">The clock.</param>
public sealed class SimulatedCollateralSource(SimulatedPlatform platform, TimeProvider time) : ICollateralSource
{
    /// <inheritdoc/>
    public ValueTask<DcapCollateral?> FindDcapCollateralAsync(DcapCollateralQuery query, CancellationToken cancellationToken) =>
        ValueTask.FromResult(platform.Dcap.Collateral(query, time.GetUtcNow()));

    /// <inheritdoc/>
    public ValueTask<SnpEndorsements?> FindSnpEndorsementsAsync(SnpEndorsementQuery query, CancellationToken cancellationToken) =>
        ValueTask.FromResult<SnpEndorsements?>(platform.Snp(SimulatedEvidenceProvider.Product).Endorsements(time.GetUtcNow()));
}
