using Casemate.Attestation.Policy;

namespace Casemate.Attestation.Snp;

/// <summary>Verifies SEV-SNP attestation reports, versions 2 to 5. Pure: the same inputs give the same verdict.</summary>
public static partial class SnpReportVerifier
{
    /// <summary>Verifies one report.</summary>
    /// <param name="report">The report, 1184 bytes.</param>
    /// <param name="endorsements">The certificates behind it.</param>
    /// <param name="roots">Accepted roots.</param>
    /// <param name="now">The instant at which validity is judged.</param>
    /// <param name="policy">What the relying party wants.</param>
    /// <param name="cache">Shared results of time-independent work; null: everything is computed anew, with the same verdict.</param>
    /// <returns>The verdict. Hostile input is answered by a rejecting verdict, never by an exception.</returns>
    public static Verdict Verify(
        ReadOnlySpan<byte> report, SnpEndorsements endorsements, TrustRoots roots, DateTimeOffset now, EvidencePolicy policy,
        VerificationCache? cache = null) => throw new NotImplementedException();
}
