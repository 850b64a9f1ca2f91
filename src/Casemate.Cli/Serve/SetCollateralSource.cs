using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Collateral;

namespace Casemate.Cli.Serve;

/// <summary>The collateral of one file, or none at all.</summary>
internal sealed class SetCollateralSource(CollateralSet set, TimeProvider time) : ICollateralSource
{
    public ValueTask<DcapCollateral?> FindDcapCollateralAsync(DcapCollateralQuery query, CancellationToken cancellationToken) =>
        ValueTask.FromResult(set.FindDcap(query, time.GetUtcNow(), exact: true, out _));

    public ValueTask<SnpEndorsements?> FindSnpEndorsementsAsync(SnpEndorsementQuery query, CancellationToken cancellationToken) =>
        ValueTask.FromResult(set.FindSnp(query, time.GetUtcNow(), exact: true, out _));
}
