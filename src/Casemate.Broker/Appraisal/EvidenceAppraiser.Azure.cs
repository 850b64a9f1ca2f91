using System.Collections.Immutable;
using System.Globalization;
using Casemate.Attestation;
using Casemate.Attestation.Azure;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;

namespace Casemate.Broker;

/// <summary>
/// Evidence of Azure confidential VMs: the handshake's digest is the nonce of the vTPM's quote, as guests' attesters put it there, while
/// the hardware's report data bind the vTPM's key.
/// </summary>
internal sealed partial class EvidenceAppraiser
{
    /// <summary>The PCR into which guests extend the digest of their init data.</summary>
    private const int InitDataPcr = 8;

    private async ValueTask<BrokerResult<Appraisal>> AppraiseAzureSnpAsync(
        AzureEvidence evidence, byte[] digest, InitData? initData, CancellationToken cancellationToken)
    {
        if (ReportOf(evidence) is not { } report || SnpEndorsementQuery.TryCreate(report) is not { } query)
        {
            return Malformed("hcl_report holds no SEV-SNP report");
        }

        var (found, failure) = await FindAsync(collateral.FindSnpEndorsementsAsync, query, cancellationToken).ConfigureAwait(false);
        var vek = Bytes(evidence.Vcek) ?? Bytes(found?.Vek);
        if (found is null || vek is null || found.Ask.IsEmpty || found.Ark.IsEmpty)
        {
            return Unavailable(failure, "certificates (VCEK or VLEK, ASK, ARK) of the report's chip and TCB");
        }

        var verdict = AzureVerifier.Verify(
            evidence, found with { Vek = vek }, roots, time.GetUtcNow(), PolicyFor(digest), _cache);
        return Conclude(verdict, Tee.Snp, Signed(evidence), initData);
    }

    private async ValueTask<BrokerResult<Appraisal>> AppraiseAzureTdxAsync(
        AzureEvidence evidence, byte[] digest, InitData? initData, CancellationToken cancellationToken)
    {
        var quote = Bytes(evidence.TdQuote) ?? [];
        if (DcapCollateralQuery.TryCreate(quote) is not { Tee: Tee.Tdx } query)
        {
            return Malformed("td_quote is no TDX quote");
        }

        var (found, failure) = await FindAsync(collateral.FindDcapCollateralAsync, query, cancellationToken).ConfigureAwait(false);
        if (found is null)
        {
            return Unavailable(failure, CollateralOf(query));
        }

        var verdict = AzureVerifier.Verify(evidence, found, roots, time.GetUtcNow(), PolicyFor(digest), _cache);
        return Conclude(verdict, Tee.Tdx, Signed(evidence), initData, quote);
    }

    private static byte[]? ReportOf(AzureEvidence evidence) =>
        HclReport.TryRead(evidence.HclReport.Span, out var hcl, out _) && hcl.Tee is Tee.Snp ? hcl.HardwareReport.ToArray() : null;

    // The hardware's report stays the same from boot to shutdown; with the TPM's message the hash names this one attestation.
    private static byte[] Signed(AzureEvidence evidence) =>
        [.. evidence.HclReport.Span, .. (evidence.TdQuote ?? default).Span, .. evidence.Quote.Message.Span];

    private static ImmutableArray<Measurement> PcrsOf(VtpmClaims? vtpm) => vtpm is null
        ? []
        : [.. vtpm.Pcrs.Select(p => Named("PCR" + p.Key.ToString(CultureInfo.InvariantCulture), p.Value))];
}
