using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Azure;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Sgx;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tdx;

namespace Casemate.Broker;

/// <summary>Reads evidence, finds what stands behind it, has it verified, and turns the verdict into an appraisal.</summary>
internal sealed partial class EvidenceAppraiser(
    TrustRoots roots, ICollateralSource collateral, AppraisalPolicy policy, bool acceptSampleEvidence, TimeSpan collateralTimeout,
    TimeProvider time)
{
    private const int MaxReasons = 4;
    private const int MaxReasonLength = 300;

    private readonly VerificationCache _cache = new();

    /// <summary>Why a kind of evidence is not taken at all; null when it is.</summary>
    public BrokerError? CheckTee(string tee)
    {
        if (tee is KbsTee.Sample)
        {
            return acceptSampleEvidence ? null : new BrokerError(
                BrokerErrorCode.UnsupportedTee,
                "Sample evidence proves nothing and is refused. For tests of the protocol, start the broker with AcceptSampleEvidence.");
        }

        return !KbsTee.Known.Contains(tee)
            ? new BrokerError(BrokerErrorCode.MalformedRequest, $"tee is none of {string.Join(", ", KbsTee.Known)}.")
            : !KbsTee.Verified.Contains(tee)
                ? new BrokerError(BrokerErrorCode.UnsupportedTee, $"Evidence of '{tee}' is not verified by this version of the broker.")
                : !policy.AcceptedTees.Contains(tee)
                    ? new BrokerError(BrokerErrorCode.UnsupportedTee, $"The policy '{policy.Name}' does not accept evidence of '{tee}'.")
                    : null;
    }

    /// <summary>Whether a token still stands: what it rests on is accepted now, too.</summary>
    public bool Accepts(VerifiedToken token) =>
        CheckTee(token.Tee) is null && (!token.Simulated || token.Tee is KbsTee.Sample || roots.All.Any(r => r.Simulated));

    /// <summary>Appraises evidence.</summary>
    /// <param name="tee">The TEE of the session; <see cref="CheckTee"/> has accepted it.</param>
    /// <param name="evidence"><c>primary_evidence</c> as sent.</param>
    /// <param name="digest">What the evidence must bind, 48 bytes.</param>
    /// <param name="initData">The init data that came along; null for none.</param>
    /// <param name="cancellationToken">Stops the search for collateral.</param>
    public async ValueTask<BrokerResult<Appraisal>> AppraiseAsync(
        string tee, JsonElement evidence, byte[] digest, InitData? initData, CancellationToken cancellationToken)
    {
        string? error;
        switch (tee)
        {
            case KbsTee.Sample:
                return KbsEvidence.TryReadSample(evidence, out var reportData, out error)
                    ? AppraiseSample(reportData, digest, initData)
                    : Malformed(error);
            case KbsTee.Snp:
                return KbsEvidence.TryReadSnp(evidence, out var snp, out error)
                    ? await AppraiseSnpAsync(snp, digest, initData, cancellationToken).ConfigureAwait(false)
                    : Malformed(error);
            case KbsTee.Sgx:
                return KbsEvidence.TryReadSgx(evidence, out var quote, out error)
                    ? await AppraiseQuoteAsync(Tee.Sgx, quote, digest, initData, cancellationToken).ConfigureAwait(false)
                    : Malformed(error);
            case KbsTee.Tdx:
                return KbsEvidence.TryReadTdx(evidence, out var tdx, out error)
                    ? await AppraiseQuoteAsync(Tee.Tdx, tdx.Quote, digest, initData, cancellationToken, tdx.EventLog).ConfigureAwait(false)
                    : Malformed(error);
            case KbsTee.AzSnpVtpm:
                return AzureEvidence.TryRead(evidence, Tee.Snp, out var azure, out error)
                    ? await AppraiseAzureSnpAsync(azure, digest, initData, cancellationToken).ConfigureAwait(false)
                    : Malformed(error);
            case KbsTee.AzTdxVtpm:
                return AzureEvidence.TryRead(evidence, Tee.Tdx, out azure, out error)
                    ? await AppraiseAzureTdxAsync(azure, digest, initData, cancellationToken).ConfigureAwait(false)
                    : Malformed(error);
            default:
                return new BrokerError(
                    BrokerErrorCode.UnsupportedTee, $"Evidence of '{tee}' is not verified by this version of the broker.");
        }
    }

    private BrokerResult<Appraisal> AppraiseSample(byte[] reportData, byte[] digest, InitData? initData)
    {
        var bound = CryptographicOperations.FixedTimeEquals(reportData, digest);
        return new Appraisal
        {
            EvidenceHash = Convert.ToHexStringLower(SHA256.HashData(reportData)),
            Simulated = true,
            Error = !acceptSampleEvidence ? CheckTee(KbsTee.Sample)
                : initData is not null
                ? new BrokerError(BrokerErrorCode.AttestationFailed, "Sample evidence measures no init data; send none.")
                : bound ? null
                : new BrokerError(BrokerErrorCode.AttestationFailed, "The sample evidence does not bind this handshake's nonce and key."),
            ReportData = reportData,
            TrustVector = new TrustVector
            {
                Hardware = TrustVector.UnrecognizedHardware,
                Executables = TrustVector.UnrecognizedExecutables,
                Configuration = TrustVector.UnknownConfiguration,
            },
            WriteEvidence = writer => EvidenceClaimsJson.WriteSample(writer, reportData),
        };
    }

    private async ValueTask<BrokerResult<Appraisal>> AppraiseSnpAsync(
        KbsSnpEvidence evidence, byte[] digest, InitData? initData, CancellationToken cancellationToken)
    {
        if (SnpEndorsementQuery.TryCreate(evidence.Report) is not { } query)
        {
            return Malformed("attestation_report is no SEV-SNP report");
        }

        var (found, failure) = await FindAsync(collateral.FindSnpEndorsementsAsync, query, cancellationToken).ConfigureAwait(false);

        // The guest's copy of its own key's certificate is as good as any: verification judges it. What stands above it changes over
        // time (revocation above all) and comes from the broker's source where it has it.
        var vek = evidence.Find(query.Signer is SnpSigner.Vlek ? KbsCertificate.Vlek : KbsCertificate.Vcek) ?? Bytes(found?.Vek);
        var ask = Bytes(found?.Ask) ?? evidence.Find(KbsCertificate.Ask);
        var ark = Bytes(found?.Ark) ?? evidence.Find(KbsCertificate.Ark);
        if (vek is null || ask is null || ark is null)
        {
            return Unavailable(failure, "certificates (VCEK or VLEK, ASK, ARK) of the report's chip and TCB");
        }

        // Never the guest's revocation list: it would choose one that does not name it yet.
        var endorsements = new SnpEndorsements { Vek = vek, Ask = ask, Ark = ark, Crl = found?.Crl };
        var verdict = SnpReportVerifier.Verify(evidence.Report, endorsements, roots, time.GetUtcNow(), PolicyFor(digest), _cache);
        return Conclude(verdict, Tee.Snp, evidence.Report, initData);
    }

    private async ValueTask<BrokerResult<Appraisal>> AppraiseQuoteAsync(
        Tee tee, byte[] quote, byte[] digest, InitData? initData, CancellationToken cancellationToken, byte[]? eventLog = null)
    {
        if (DcapCollateralQuery.TryCreate(quote) is not { } query)
        {
            return Malformed("quote is no SGX or TDX quote");
        }

        if (query.Tee != tee)
        {
            return Malformed($"the handshake is for {KbsTee.NameOf(tee)}, but the quote is of {KbsTee.NameOf(query.Tee)}");
        }

        var (found, failure) = await FindAsync(collateral.FindDcapCollateralAsync, query, cancellationToken).ConfigureAwait(false);
        if (found is null)
        {
            return Unavailable(failure, CollateralOf(query));
        }

        // A log that came along is replayed, asked for or not: a guest that sends a wrong one has something wrong with it.
        var verdict = eventLog is null
            ? QuoteVerifier.Verify(quote, found, roots, time.GetUtcNow(), PolicyFor(digest), _cache)
            : EventLogVerifier.Verify(quote, eventLog, found, roots, time.GetUtcNow(), PolicyFor(digest), _cache);
        return Conclude(verdict, tee, quote, initData);
    }

    // Whatever the file says of report data, the broker compares it with this handshake's.
    private EvidencePolicy PolicyFor(byte[] digest) =>
        policy.Evidence with { ReportData = KbsRuntimeData.ToReportData(digest), AcceptUnboundEvidence = false };

    private BrokerResult<Appraisal> Conclude(Verdict verdict, Tee tee, byte[] evidence, InitData? initData, byte[]? tdQuote = null)
    {
        var claims = verdict.Claims;
        var measured = verdict.Vtpm is { } vtpm ? vtpm.Pcrs.GetValueOrDefault(InitDataPcr, []) : claims switch
        {
            SnpClaims snp => snp.HostData,
            TdxClaims tdx => tdx.MrConfigId,
            SgxClaims sgx => sgx.ConfigId,
            _ => [],
        };
        var quote = tdQuote ?? evidence;
        return new Appraisal
        {
            EvidenceHash = Convert.ToHexStringLower(SHA256.HashData(evidence)),
            Verdict = verdict,
            Simulated = verdict.Simulated,
            Error = Judge(verdict, tee, measured, initData),
            Measurements = claims is null ? [] : [.. MeasurementsOf(claims), .. PcrsOf(verdict.Vtpm)],
            ReportData = verdict.Vtpm?.Nonce ?? claims?.ReportData ?? [],
            InitData = measured,
            TrustVector = VectorOf(verdict),
            WriteEvidence = claims switch
            {
                SnpClaims snp => writer => EvidenceClaimsJson.WriteSnp(writer, snp, verdict),
                TdxClaims tdx => writer => EvidenceClaimsJson.WriteTdx(writer, tdx, quote, verdict),
                SgxClaims sgx => writer => EvidenceClaimsJson.WriteSgx(writer, sgx, quote, verdict),
                _ => null,
            },
        };
    }

    private BrokerError? Judge(Verdict verdict, Tee tee, byte[] measured, InitData? initData)
    {
        if (verdict.Claims is null || verdict.Tee != tee || verdict.Reasons.Any(c => IsBinding(c.Id)))
        {
            return new BrokerError(
                BrokerErrorCode.AttestationFailed, $"The evidence is not genuine or not of this handshake: {Explain(verdict)}");
        }

        if (!verdict.Accepted)
        {
            return new BrokerError(BrokerErrorCode.PolicyDeny, $"The evidence does not meet policy '{policy.Name}': {Explain(verdict)}");
        }

        // The verifier accepts no root that it was not given. Should that ever change, nothing simulated gets past this line.
        if (verdict.Simulated && !roots.All.Any(r => r.Simulated))
        {
            return new BrokerError(BrokerErrorCode.AttestationFailed, "The evidence is simulated, and no simulator's root is accepted.");
        }

        var bound = initData is null
            || (verdict.Vtpm is null ? initData.IsBoundTo(measured) : initData.IsExtendedInto(measured));
        return !bound
            ? new BrokerError(BrokerErrorCode.AttestationFailed, "The init data is not the one that the hardware measured.")
            : null;
    }

    private TrustVector VectorOf(Verdict verdict) => new()
    {
        Hardware = verdict.Simulated ? TrustVector.UnrecognizedHardware
            : verdict.TcbStatus is null or TcbStatus.UpToDate ? TrustVector.GenuineHardware
            : TrustVector.UnsafeHardware,
        Executables = policy.Evidence.AcceptAnyIdentity ? TrustVector.UnrecognizedExecutables : TrustVector.ApprovedExecutables,
        Configuration = verdict.Claims is SnpClaims { Debug: true } or TdxClaims { Debug: true } or SgxClaims { Debug: true }
            ? TrustVector.UnsafeConfiguration
            : TrustVector.SafeConfiguration,
    };

    private static bool IsBinding(CheckId id) => id is CheckId.ReportData or CheckId.VtpmNonce or CheckId.VtpmUserData;

    private static ImmutableArray<Measurement> MeasurementsOf(EvidenceClaims claims) => claims switch
    {
        SnpClaims snp => [Named("MEASUREMENT", snp.Measurement), Named("HOST_DATA", snp.HostData)],
        TdxClaims tdx =>
        [
            Named("MRTD", tdx.MrTd), .. tdx.Rtmrs.Select((r, i) => Named($"RTMR{i}", r)), Named("MRCONFIGID", tdx.MrConfigId),
        ],
        SgxClaims sgx => [Named("MRENCLAVE", sgx.MrEnclave), Named("MRSIGNER", sgx.MrSigner)],
        _ => [],
    };

    private static Measurement Named(string name, byte[] value) => new(name, Convert.ToHexStringLower(value));

    private static string Explain(Verdict verdict)
    {
        var reasons = verdict.Reasons.ToList();
        if (reasons.Count == 0)
        {
            return "no check could be made.";
        }

        var text = string.Join(
            "; ", reasons.Take(MaxReasons).Select(c => $"{c.Id}: expected {Shortened(c.Expected)}, found {Shortened(c.Actual)}"));
        return reasons.Count > MaxReasons ? $"{text}; and {reasons.Count - MaxReasons} more." : $"{text}.";
    }

    private static string Shortened(string text) =>
        text.Length <= MaxReasonLength ? text : string.Concat(text.AsSpan(0, MaxReasonLength), "...");

    private static byte[]? Bytes(ReadOnlyMemory<byte>? memory) => memory is { Length: > 0 } bytes ? bytes.ToArray() : null;

    private static string CollateralOf(DcapCollateralQuery query) =>
        $"collateral of platform {(query.Fmspc.Length > 0 ? $"FMSPC {query.Fmspc}" : "(no FMSPC in the quote)")}";

    private static BrokerError Malformed(string error) => new(BrokerErrorCode.MalformedRequest, $"tee-evidence: {error}.");

    private static BrokerError Unavailable(Exception? failure, string what) => new(
        BrokerErrorCode.CollateralUnavailable,
        failure is null ? $"The broker has no {what}."
        : failure is TimeoutException ? $"The search for {what} took too long."
        : $"The search for {what} failed; the broker's log says why.")
    {
        RetryAfter = failure is null ? null : TimeSpan.FromSeconds(5),
        Cause = failure,
    };

    private async ValueTask<(TFound? Found, Exception? Failure)> FindAsync<TQuery, TFound>(
        Func<TQuery, CancellationToken, ValueTask<TFound?>> find, TQuery query, CancellationToken cancellationToken)
        where TFound : class
    {
        using var timeout = new CancellationTokenSource(collateralTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return (await find(query, either.Token).ConfigureAwait(false), null);
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return (null, new TimeoutException($"No collateral within {collateralTimeout}.", e));
        }
        catch (Exception e) when (
            e is IOException or UnauthorizedAccessException or InvalidDataException or FormatException or HttpRequestException)
        {
            return (null, e);
        }
    }
}
