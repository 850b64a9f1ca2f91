using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;

namespace Casemate.Attestation;

/// <summary>
/// Finds what stands behind a piece of evidence: in files, a cache, or a service. What comes back is untrusted; verification
/// judges it.
/// </summary>
public interface ICollateralSource
{
    /// <summary>Finds collateral for an SGX or TDX quote.</summary>
    /// <param name="query">The platform, from <see cref="DcapCollateralQuery.TryCreate"/>.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>The collateral, or null when this source holds none for the platform.</returns>
    ValueTask<DcapCollateral?> FindDcapCollateralAsync(DcapCollateralQuery query, CancellationToken cancellationToken);

    /// <summary>Finds the certificates behind a SEV-SNP report.</summary>
    /// <param name="query">The chip and TCB, from <see cref="SnpEndorsementQuery.TryCreate"/>.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>
    /// The certificates; with an empty <see cref="SnpEndorsements.Vek"/> when only what stands above the key is known, for evidence
    /// that brings the certificate of its key along. Null when this source knows nothing of the product line either.
    /// </returns>
    ValueTask<SnpEndorsements?> FindSnpEndorsementsAsync(SnpEndorsementQuery query, CancellationToken cancellationToken);
}
