using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Collateral;

namespace Casemate.Cli.Verify;

/// <summary>Verifies one evidence file with the collateral that can be found for it.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="CollateralOrigin">Where the collateral came from.</param>
internal sealed record EvidenceVerification(Verdict Verdict, string CollateralOrigin)
{
    private const string Names = "docs/diagnostics.md explains the name.";

    /// <summary>Runs the verification.</summary>
    /// <param name="evidence">The evidence.</param>
    /// <param name="collateral">Collateral that the command line names, and what was read beside other evidence.</param>
    /// <param name="roots">Accepted roots.</param>
    /// <param name="at">The instant at which validity is judged.</param>
    /// <param name="policy">What is wanted.</param>
    /// <param name="cache">Results of earlier verifications; null: none are kept.</param>
    /// <exception cref="MalformedInputException">The evidence is not well-formed.</exception>
    /// <exception cref="CliException">There is no usable collateral.</exception>
    public static EvidenceVerification Run(
        EvidenceFile evidence, CollateralShelf collateral, TrustRoots roots, DateTimeOffset at, EvidencePolicy policy,
        VerificationCache? cache = null)
    {
        var choice = new CollateralChoice(evidence, collateral, at);
        var bytes = evidence.Evidence.Span;
        if (evidence.Tee is Tee.Snp)
        {
            var query = SnpEndorsementQuery.TryCreate(bytes) ?? throw NotAReport(evidence);
            var endorsements = choice.FindSnp(query);
            return new EvidenceVerification(SnpReportVerifier.Verify(bytes, endorsements, roots, at, policy, cache), choice.Origin);
        }

        var quoteQuery = DcapCollateralQuery.TryCreate(bytes) ?? throw NotAQuote(evidence);
        var found = choice.FindDcap(quoteQuery);
        return new EvidenceVerification(QuoteVerifier.Verify(bytes, found, roots, at, policy, cache), choice.Origin);
    }

    private static MalformedInputException NotAReport(EvidenceFile evidence) =>
        new(evidence.Name, $"is not a well-formed SEV-SNP report: {SnpReport.TryRead(evidence.Evidence.Span, out _)}", Names);

    private static MalformedInputException NotAQuote(EvidenceFile evidence)
    {
        var error = Quote.TryRead(evidence.Evidence.Span, out _, out var offset);
        return new MalformedInputException(
            evidence.Name, $"is not a well-formed quote: {error} at byte {offset} of {evidence.Evidence.Length}", Names);
    }
}
