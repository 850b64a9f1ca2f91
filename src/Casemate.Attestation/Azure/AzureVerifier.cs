using System.Collections.Immutable;
using System.Security.Cryptography;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tdx;

namespace Casemate.Attestation.Azure;

/// <summary>
/// Verifies evidence of Azure confidential VMs: the hardware report as <see cref="SnpReportVerifier"/> and <see cref="QuoteVerifier"/> do,
/// then the chain from it over the paravisor's runtime data and the virtual TPM's key to the PCRs and the nonce. Pure: the same inputs give
/// the same verdict.
/// </summary>
/// <remarks>
/// Tempting and wrong: to compare the hardware report's report data with the nonce. It holds the hash of the runtime data; the nonce is in
/// the TPM's quote.
/// </remarks>
public static class AzureVerifier
{
    private const string FormatRule = "an HCL report with its runtime data and a vTPM quote";

    /// <summary>Verifies evidence on SEV-SNP.</summary>
    /// <param name="evidence">The evidence.</param>
    /// <param name="endorsements">ASK, ARK and CRL; its VEK is used only where the evidence carries none.</param>
    /// <param name="roots">Accepted roots.</param>
    /// <param name="now">The instant at which validity is judged.</param>
    /// <param name="policy">
    /// What the relying party wants. <see cref="EvidencePolicy.ReportData"/> is the nonce; <see cref="SnpPolicy.Vmpls"/> is not asked,
    /// since only VMPL 0 will do: from any other level the guest itself could ask for a report over runtime data of its own making.
    /// </param>
    /// <param name="cache">Shared results of time-independent work; null: everything is computed anew, with the same verdict.</param>
    /// <returns>The verdict. Hostile input is answered by a rejecting verdict, never by an exception.</returns>
    public static Verdict Verify(
        AzureEvidence evidence, SnpEndorsements endorsements, TrustRoots roots, DateTimeOffset now, EvidencePolicy policy,
        VerificationCache? cache = null)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        ArgumentNullException.ThrowIfNull(endorsements);
        ArgumentNullException.ThrowIfNull(policy);
        if (Read(evidence, Tee.Snp, out var hcl, out var data, out var quote) is { } error)
        {
            return Malformed(Tee.Snp, error);
        }

        var report = SnpReportVerifier.Verify(
            hcl.HardwareReport, evidence.Vcek is { } vcek ? endorsements with { Vek = vcek } : endorsements, roots, now,
            ForHardware(policy) with { Snp = policy.Snp with { Vmpls = [0] } }, cache);
        var reportData = SnpReport.TryRead(hcl.HardwareReport, out var parsed) is SnpReportError.None ? parsed.ReportData : default;
        return Conclude(evidence, hcl, data!, quote, report, reportData, policy);
    }

    /// <summary>Verifies evidence on TDX.</summary>
    /// <param name="evidence">The evidence.</param>
    /// <param name="collateral">Collateral for the quote's platform.</param>
    /// <param name="roots">Accepted roots.</param>
    /// <param name="now">The instant at which validity is judged.</param>
    /// <param name="policy">What the relying party wants. <see cref="EvidencePolicy.ReportData"/> is the nonce.</param>
    /// <param name="cache">Shared results of time-independent work; null: everything is computed anew, with the same verdict.</param>
    /// <returns>The verdict. Hostile input is answered by a rejecting verdict, never by an exception.</returns>
    public static Verdict Verify(
        AzureEvidence evidence, DcapCollateral collateral, TrustRoots roots, DateTimeOffset now, EvidencePolicy policy,
        VerificationCache? cache = null)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        ArgumentNullException.ThrowIfNull(collateral);
        ArgumentNullException.ThrowIfNull(policy);
        var tdQuote = (evidence.TdQuote ?? default).Span;
        ReadOnlySpan<byte> reportData = default;
        var error = Read(evidence, Tee.Tdx, out var hcl, out var data, out var quote) ?? ReadTdQuote(tdQuote, out reportData);
        return error is not null
            ? Malformed(Tee.Tdx, error)
            : Conclude(
                evidence, hcl, data!, quote,
                VerifyTd(evidence, collateral, roots, now, ForHardware(policy), cache), reportData, policy);
    }

    // Without rules for it the log is left alone: see AzureEvidence.EventLog. With rules and without a log, the quote's verdict refuses.
    private static Verdict VerifyTd(
        AzureEvidence evidence, DcapCollateral collateral, TrustRoots roots, DateTimeOffset now, EvidencePolicy policy,
        VerificationCache? cache)
    {
        var quote = (evidence.TdQuote ?? default).Span;
        return policy.Tdx.EventLog is not null && evidence.EventLog is { } log
            ? EventLogVerifier.Verify(quote, log.Span, collateral, roots, now, policy, cache)
            : QuoteVerifier.Verify(quote, collateral, roots, now, policy, cache);
    }

    // The hardware report's own data are the binding of the runtime data, asked below.
    private static EvidencePolicy ForHardware(EvidencePolicy policy) =>
        policy with { ReportData = null, AcceptUnboundEvidence = true, Vtpm = new VtpmPolicy() };

    private static string? Read(AzureEvidence evidence, Tee tee, out HclReport hcl, out HclRuntimeData? data, out TpmQuote quote)
    {
        data = null;
        quote = default;
        if (!HclReport.TryRead(evidence.HclReport.Span, out hcl, out var error))
        {
            return error;
        }

        if (hcl.Tee != tee)
        {
            return $"the HCL report is one of {NameOf(hcl.Tee)}, the evidence one of {NameOf(tee)}";
        }

        if (!HclRuntimeData.TryRead(hcl.RuntimeData, out data, out error))
        {
            return error;
        }

        return TpmQuote.TryRead(evidence.Quote.Message.Span, out quote, out error) ? null : error;
    }

    // An enclave can put any runtime data into its report data as well: only a TD's quote will do.
    private static string? ReadTdQuote(ReadOnlySpan<byte> tdQuote, out ReadOnlySpan<byte> reportData)
    {
        reportData = default;
        if (Quote.TryRead(tdQuote, out var quote, out var offset) is var error && error is not QuoteError.None)
        {
            return $"TD quote: {error} at byte {offset} of {tdQuote.Length}";
        }

        if (quote.Tee is not Tee.Tdx || !TdReportBody.TryRead(quote.Body, out var body))
        {
            return "the TD quote is an SGX quote";
        }

        reportData = body.ReportData;
        return null;
    }

    private static Verdict Malformed(Tee tee, string error) => new()
    {
        Tee = tee,
        Format = "malformed Azure evidence",
        Checks = [new Check(CheckId.EvidenceFormat, CheckOutcome.Failed, FormatRule, error)],
        Simulated = false,
    };

    private static Verdict Conclude(
        AzureEvidence evidence, in HclReport hcl, HclRuntimeData data, in TpmQuote quote, Verdict hardware, ReadOnlySpan<byte> reportData,
        EvidencePolicy policy)
    {
        var checks = new CheckList();
        var format = $"Azure vTPM over {hardware.Format}";
        checks.Authenticity(CheckId.EvidenceFormat, true, FormatRule, format);
        CheckRuntimeData(checks, hcl, reportData);
        var signed = data.AttestationKey.VerifyRsa(
            HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, evidence.Quote.Message.Span, evidence.Quote.Signature.Span);
        checks.Authenticity(
            CheckId.VtpmQuoteSignature, signed ? "" : "the signature does not verify with HCLAkPub of the runtime data",
            "signed by HCLAkPub of the runtime data");
        var pcrs = evidence.Quote.Pcrs.IsDefault ? [] : evidence.Quote.Pcrs;
        CheckPcrDigest(checks, quote, pcrs);
        VtpmChecks.Nonce(checks, policy, quote.ExtraData);
        if (evidence.Version >= 2 || policy.Vtpm.RequireUserData)
        {
            VtpmChecks.UserData(checks, data, quote.ExtraData);
        }

        VtpmChecks.Pcrs(checks, policy, quote, pcrs);

        var authentic = checks.Authentic && hardware.Claims is not null;
        var own = checks.Drain();
        return hardware with
        {
            Format = format,
            Checks = [own[0], .. hardware.Checks.Where(c => c.Id is not CheckId.ReportData), .. own.AsSpan()[1..]],
            Claims = authentic ? hardware.Claims : null,
            ClaimsSource = null,
            EventLog = authentic ? hardware.EventLog : null,
            Vtpm = authentic ? Claims(data, quote, pcrs) : null,
        };
    }

    private static void CheckRuntimeData(CheckList checks, in HclReport hcl, ReadOnlySpan<byte> reportData)
    {
        var expected = hcl.ExpectedReportData();
        var bound = CryptographicOperations.FixedTimeEquals(expected, reportData);
        var rule = $"report data: {hcl.HashAlgorithm.Name} of the runtime data, then zeros";
        checks.Authenticity(
            CheckId.RuntimeData, bound, bound ? rule : $"report data {Convert.ToHexStringLower(expected)}",
            bound ? rule : $"report data {CommonChecks.Hex(reportData)}");
    }

    private static void CheckPcrDigest(CheckList checks, in TpmQuote quote, ImmutableArray<byte[]> pcrs)
    {
        var missing = false;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < TpmQuote.PcrCount; i++)
        {
            if ((quote.PcrSelection >> i & 1) != 0)
            {
                missing |= i >= pcrs.Length || pcrs[i] is not { Length: 32 };
                hash.AppendData(missing ? [] : pcrs[i]);
            }
        }

        var same = !missing && hash.GetHashAndReset().AsSpan().SequenceEqual(quote.PcrDigest);
        checks.Authenticity(
            CheckId.VtpmPcrDigest, same ? "" : missing ? "the value of a quoted PCR is missing" : "the PCR values hash to another digest",
            "the PCR values hash to the quote's digest");
    }

    private static VtpmClaims Claims(HclRuntimeData data, in TpmQuote quote, ImmutableArray<byte[]> pcrs)
    {
        var quoted = ImmutableSortedDictionary.CreateBuilder<int, byte[]>();
        for (var i = 0; i < TpmQuote.PcrCount; i++)
        {
            if ((quote.PcrSelection >> i & 1) != 0)
            {
                quoted.Add(i, pcrs[i]);
            }
        }

        return new VtpmClaims
        {
            Nonce = quote.ExtraData.ToArray(),
            Pcrs = quoted.ToImmutable(),
            FirmwareVersion = quote.FirmwareVersion,
            ResetCount = quote.ResetCount,
            RestartCount = quote.RestartCount,
            RuntimeData = data,
        };
    }

    private static string NameOf(Tee tee) => tee is Tee.Snp ? "SEV-SNP" : "TDX";
}
