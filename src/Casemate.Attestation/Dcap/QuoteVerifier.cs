using Casemate.Attestation.Policy;

namespace Casemate.Attestation.Dcap;

/// <summary>Verifies SGX quotes (v3, v4, v5) and TDX quotes (v4, v5). Pure: the same inputs give the same verdict.</summary>
public static partial class QuoteVerifier
{
    /// <summary>Verifies one quote.</summary>
    /// <param name="quote">The quote; bytes after its authentication data are tolerated, counted and ignored. At most 64 KiB.</param>
    /// <param name="collateral">Collateral for the quote's platform.</param>
    /// <param name="roots">Accepted roots.</param>
    /// <param name="now">The instant at which validity is judged.</param>
    /// <param name="policy">What the relying party wants.</param>
    /// <param name="cache">Shared results of time-independent work; null: everything is computed anew, with the same verdict.</param>
    /// <returns>The verdict. Hostile input is answered by a rejecting verdict, never by an exception.</returns>
    public static Verdict Verify(
        ReadOnlySpan<byte> quote, DcapCollateral collateral, TrustRoots roots, DateTimeOffset now, EvidencePolicy policy,
        VerificationCache? cache = null) => throw new NotImplementedException();
}
