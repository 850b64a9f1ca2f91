using System.Security.Cryptography;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Sgx;
using Casemate.Attestation.Tdx;

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
        VerificationCache? cache = null)
    {
        ArgumentNullException.ThrowIfNull(collateral);
        ArgumentNullException.ThrowIfNull(roots);
        ArgumentNullException.ThrowIfNull(policy);
        var checks = new CheckList();
        var error = Quote.TryRead(quote, out var parsed, out var offset);
        if (error is not QuoteError.None)
        {
            checks.Authenticity(CheckId.EvidenceFormat, false, "an SGX or TDX quote, version 3, 4 or 5", $"{error} at byte {offset} of {quote.Length}");
            return new Verdict { Tee = Tee.Sgx, Format = "malformed quote", Checks = checks.Drain(), Simulated = false };
        }

        var format = FormatOf(parsed);
        checks.Authenticity(
            CheckId.EvidenceFormat, true, "an SGX or TDX quote, version 3, 4 or 5",
            parsed.TrailingBytes == 0 ? format : $"{format}, followed by {parsed.TrailingBytes} bytes that are ignored");

        var chain = ReadChain(parsed, collateral, roots, cache, out var chainKey, out var chainError);
        if (chain is null)
        {
            checks.Authenticity(CheckId.PckChain, false, "PCK certificate, CA and root", chainError);
            checks.Authenticity(CheckId.QuoteSignature, VerifyQuoteSignature(parsed, null), "valid under the attestation key", "valid under an attestation key that nobody vouches for");
            return new Verdict { Tee = parsed.Tee, Format = format, Checks = checks.Drain(), Simulated = false };
        }

        // Anybody can make a chain under a root of his own: what stands under no accepted root must not push good entries out.
        cache = MayBeKept(chain, roots) ? cache : null;
        var prepared = PrepareCollateral(collateral, chain, chainKey, cache);
        CheckChain(checks, chain, prepared, roots, now, policy);
        CheckCertificationData(checks, parsed, chain);
        CheckCollateral(checks, parsed.Tee, chain, prepared, now, policy);
        var qeReport = CheckQuote(checks, parsed, chain, chainKey, prepared, cache, out var bound);
        var tcb = EvaluateTcb(checks, parsed, chain, prepared, qeReport.IsvSvn, bound, policy, now);
        CommonChecks.Platform(
            checks, parsed.Tee is Tee.Sgx ? policy.Sgx.Platform : policy.Tdx.Platform, chain.Platform, qeReport.IsvSvn);
        JudgeBody(checks, parsed, policy);
        var authentic = checks.Authentic && chain.Platform is not null;
        return new Verdict
        {
            Tee = parsed.Tee,
            Format = format,
            Checks = checks.Drain(),
            Simulated = TrustRoots.Production.Find(chain.Root.Der.Span) is null,
            ClaimsSource = authentic ? new QuoteClaimsSource(parsed.Body.ToArray(), parsed.Tee, chain.Platform!) : null,
            TcbStatus = tcb?.Status,
            AdvisoryIds = tcb?.AdvisoryIds ?? [],
            TcbDate = tcb?.TcbDate,
            Tcb = tcb,
            CollateralExpires = EarliestEnd(prepared),
        };
    }

    private static string FormatOf(in Quote quote) => (quote.BodyType, quote.Version) switch
    {
        (QuoteBodyType.Sgx, 3) => "SGX quote v3",
        (QuoteBodyType.Sgx, 4) => "SGX quote v4",
        (QuoteBodyType.Sgx, _) => "SGX quote v5",
        (QuoteBodyType.Td10, 4) => "TDX quote v4 (TD report 1.0)",
        (QuoteBodyType.Td10, _) => "TDX quote v5 (TD report 1.0)",
        (QuoteBodyType.Td15, _) => "TDX quote v5 (TD report 1.5)",
        (QuoteBodyType.Td15Extended, _) => "TDX quote v5 (TD report 1.5 extended)",
        _ => "quote",
    };

    private static PckChain? ReadChain(
        in Quote quote, DcapCollateral collateral, TrustRoots roots, VerificationCache? cache, out CacheKey key, out string error)
    {
        // The chain in the quote counts; collateral supplies it only where the quote carries none. Data that claim to be a chain and are
        // something else (platform data under another type, which nothing signs) must not be passed over in silence.
        var embedded = quote.CertificationDataType is CertificationDataType.PckChain && !quote.CertificationData.IsEmpty;
        var leafOnly = quote.CertificationDataType is CertificationDataType.PckLeaf;
        var supplied = collateral.PckCertificateChainPem ?? ReadOnlyMemory<byte>.Empty;
        key = embedded ? CacheKey.Of(quote.CertificationData)
            : leafOnly ? CacheKey.Of(quote.CertificationData).With(CacheKey.Of(supplied.Span))
            : CacheKey.Of(supplied.Span);
        if (cache is not null && cache.PckChains.TryGet(key, out var known))
        {
            error = "";
            return known;
        }

        List<Certificate> certificates;
        if (embedded)
        {
            if (!PemCertificates.TryRead(quote.CertificationData, out certificates, out error))
            {
                return null;
            }
        }
        else if (supplied.IsEmpty)
        {
            error = $"the quote carries no certificate chain (certification data type {(int)quote.CertificationDataType}) and the collateral none either";
            return null;
        }
        else if (!PemCertificates.TryRead(supplied.Span, out certificates, out error))
        {
            return null;
        }

        if (leafOnly)
        {
            if (!PemCertificates.TryReadOne(quote.CertificationData, out var leaf, out error))
            {
                return null;
            }

            // CA and root come from collateral; a leaf that may stand beside them there does not count.
            certificates = [leaf!, .. certificates.Where(c => c.IsCa)];
        }

        var chain = PckChain.TryRead(certificates, roots, out error);
        if (chain is not null && MayBeKept(chain, roots))
        {
            cache?.PckChains.Add(key, chain);
        }

        return chain;
    }

    private static bool MayBeKept(PckChain chain, TrustRoots roots) => chain.IsSound && roots.Find(chain.Root.Der.Span) is not null;

    private static PreparedCollateral PrepareCollateral(
        DcapCollateral collateral, PckChain chain, CacheKey chainKey, VerificationCache? cache)
    {
        if (cache is null)
        {
            return PreparedCollateral.Prepare(collateral, chain);
        }

        // Collateral is prepared for one CA and root; the chain's fingerprint would be right too, but would not be shared between
        // the platforms of one CA.
        var key = collateral.Key.With(chain.IssuersKey);
        if (!cache.Collaterals.TryGet(key, out var prepared))
        {
            prepared = PreparedCollateral.Prepare(collateral, chain);
            if (prepared.IsSound)
            {
                cache.Collaterals.Add(key, prepared);
            }
        }

        return prepared;
    }

    private static SgxReportBody CheckQuote(
        CheckList checks, in Quote quote, PckChain chain, CacheKey chainKey, PreparedCollateral prepared, VerificationCache? cache,
        out BoundAttestationKey? bound)
    {
        SgxReportBody.TryRead(quote.QeReport, out var qeReport);
        var bindingKey = cache is null ? default : chainKey.With(CacheKey.Of(quote.AttestationKeyBinding));
        if (cache is not null && cache.AttestationKeys.TryGet(bindingKey, out bound))
        {
            checks.Authenticity(CheckId.QeReportSignature, "", "valid under the PCK");
            checks.Authenticity(CheckId.QeReportData, "", QeReportDataRule);
        }
        else
        {
            var signed = chain.LeafKey is not null && chain.LeafKey.VerifyRaw(quote.QeReport, quote.QeReportSignature);
            checks.Authenticity(
                CheckId.QeReportSignature,
                signed ? "" : chain.LeafKey is null ? "the PCK certificate holds no usable key" : "the signature does not verify with the PCK",
                "valid under the PCK");
            var binds = BindsAttestationKey(quote, qeReport);
            checks.Authenticity(CheckId.QeReportData, binds ? "" : "something else", QeReportDataRule);
            bound = VerifyingKey.TryCreateP256(quote.AttestationKey, out var imported) ? new BoundAttestationKey(imported!) : null;
            if (signed && binds && bound is not null)
            {
                cache?.AttestationKeys.Add(bindingKey, bound);
            }
        }

        CheckQeIdentity(checks, quote.Tee, qeReport, prepared.QeIdentity.Value);
        var valid = VerifyQuoteSignature(quote, bound?.Key);
        checks.Authenticity(
            CheckId.QuoteSignature,
            valid ? "" : bound is null ? "the attestation key is not a point on P-256" : "the signature does not verify with the attestation key",
            "valid under the attestation key");
        return qeReport;
    }

    private const string QeReportDataRule = "SHA-256 of attestation key and QE authentication data, then 32 zero bytes";

    private static bool VerifyQuoteSignature(in Quote quote, VerifyingKey? key)
    {
        if (key is null && !VerifyingKey.TryCreateP256(quote.AttestationKey, out key))
        {
            return false;
        }

        return key!.VerifyRaw(quote.SignedBytes, quote.Signature);
    }

    private static bool BindsAttestationKey(in Quote quote, in SgxReportBody qeReport)
    {
        Span<byte> expected = stackalloc byte[64];
        expected.Clear();                                                   // the second half must be zero, not merely be ignored
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(quote.AttestationKey);
        hash.AppendData(quote.QeAuthenticationData);
        hash.GetHashAndReset(expected);
        return qeReport.ReportData.SequenceEqual(expected);
    }

    private static void CheckQeIdentity(CheckList checks, Tee tee, in SgxReportBody qe, EnclaveIdentity? identity)
    {
        if (identity is null)
        {
            checks.Authenticity(CheckId.QeIdentity, false, "the enclave that the QE identity describes", "there is no usable QE identity");
            return;
        }

        var id = tee is Tee.Sgx ? "QE" : "TD_QE";
        var error = identity.Id != id ? $"the QE identity is for {identity.Id}"
            : !identity.MiscSelect.Matches(qe.MiscSelect) ? $"MISCSELECT {Convert.ToHexStringLower(qe.MiscSelect)}"
            : !identity.Attributes.Matches(qe.Attributes) ? $"ATTRIBUTES {Convert.ToHexStringLower(qe.Attributes)}"
            : !qe.MrSigner.SequenceEqual(identity.MrSigner) ? $"MRSIGNER {Convert.ToHexStringLower(qe.MrSigner)}"
            : qe.IsvProdId != identity.IsvProdId ? $"ISVPRODID {qe.IsvProdId}"
            : "";
        checks.Authenticity(
            CheckId.QeIdentity, error.Length == 0,
            error.Length == 0 ? id : $"{id}: MRSIGNER {Convert.ToHexStringLower(identity.MrSigner)}, ISVPRODID {identity.IsvProdId}, MISCSELECT and ATTRIBUTES under their masks",
            error.Length == 0 ? id : error);
    }

    private static TcbEvaluation? EvaluateTcb(
        CheckList checks, in Quote quote, PckChain chain, PreparedCollateral prepared, ushort qeIsvSvn, BoundAttestationKey? bound,
        EvidencePolicy policy, DateTimeOffset now)
    {
        ReadOnlySpan<byte> teeTcbSvn = default, teeTcbSvn2 = default;
        if (quote.Tee is Tee.Tdx)
        {
            TdReportBody.TryRead(quote.Body, out var td);
            teeTcbSvn = td.TeeTcbSvn;
            teeTcbSvn2 = td.TeeTcbSvn2;
            CheckTdxModule(checks, td, prepared.TcbInfo.Value);
        }

        // A status is computed even from expired collateral, never from collateral that is not authentic.
        if (!prepared.TcbInfo.IsSound || !prepared.QeIdentity.IsSound || chain.Platform is null || prepared.TcbInfo.Value!.Tee != quote.Tee)
        {
            checks.Judge(CheckId.TcbStatus, false, "a status from authentic collateral", "not evaluated: the collateral or the PCK certificate is not usable");
            return null;
        }

        var (tcbInfo, qeIdentity) = (prepared.TcbInfo.Value!, prepared.QeIdentity.Value!);
        TcbChecks.EvaluationNumbers(checks, policy, tcbInfo, qeIdentity);

        // A binding belongs to one PCK and one QE report, so collateral and module SVNs are all that can still differ.
        var tcb = bound?.Find(prepared, teeTcbSvn, teeTcbSvn2);
        if (tcb is null)
        {
            tcb = TcbEvaluator.Evaluate(tcbInfo, qeIdentity, chain.Platform, qeIsvSvn, teeTcbSvn, teeTcbSvn2);
            bound?.Remember(prepared, teeTcbSvn, teeTcbSvn2, tcb);
        }

        TcbChecks.Judge(checks, policy, tcb, now);
        return tcb;
    }

    private static void CheckTdxModule(CheckList checks, in TdReportBody td, TcbInfo? tcbInfo)
    {
        var major = td.TeeTcbSvn[1];
        var identity = tcbInfo is null ? null : major > 0 ? TcbEvaluator.FindModule(tcbInfo, major) : tcbInfo.TdxModule;
        if (identity is null)
        {
            checks.Authenticity(
                CheckId.TdxModule, false, "a TDX module that the TCB info knows",
                tcbInfo is null ? "there is no usable TCB info" : $"TDX module TDX_{major:x2} is not in the TCB info");
            return;
        }

        var signer = td.MrSignerSeam.SequenceEqual(identity.MrSigner);
        var attributes = !td.SeamAttributes.ContainsAnyExcept((byte)0)
            && identity.Attributes.Matches(td.SeamAttributes);
        var holds = signer && attributes;
        checks.Authenticity(
            CheckId.TdxModule, holds, holds ? "MRSIGNERSEAM and SEAMATTRIBUTES of the TCB info" : $"MRSIGNERSEAM {CommonChecks.Hex(identity.MrSigner)}, SEAMATTRIBUTES zero",
            holds ? $"TDX module version {major}, SVN {td.TeeTcbSvn[0]}"
                : $"MRSIGNERSEAM {CommonChecks.Hex(td.MrSignerSeam)}, SEAMATTRIBUTES {Convert.ToHexStringLower(td.SeamAttributes)}");
    }

    private static void JudgeBody(CheckList checks, in Quote quote, EvidencePolicy policy)
    {
        if (quote.Tee is Tee.Sgx)
        {
            SgxReportBody.TryRead(quote.Body, out var report);
            SgxChecks.Judge(checks, policy, report);
        }
        else
        {
            TdReportBody.TryRead(quote.Body, out var td);
            TdxChecks.Judge(checks, policy, td);
        }
    }
}
