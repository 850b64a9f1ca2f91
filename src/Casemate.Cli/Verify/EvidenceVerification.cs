using Casemate.Attestation;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Cose;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Nvidia;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tdx;
using Casemate.Collateral;

namespace Casemate.Cli.Verify;

/// <summary>Verifies one evidence file with the collateral that can be found for it.</summary>
internal sealed class EvidenceVerification
{
    private const string Names = "The handbook's page 'diagnostics' explains the name.";

    private readonly VerificationRequest _request;
    private readonly EvidenceFile _evidence;
    private readonly EvidencePolicy _policy;
    private readonly CollateralChoice _collateral;

    public EvidenceVerification(VerificationRequest request, EvidenceFile evidence)
    {
        _request = request;
        _evidence = request.EventLog?.AddTo(evidence) ?? evidence;
        _policy = request.Endorsement?.Endorsement?.AcceptIn(request.Policy.Evidence) ?? request.Policy.Evidence;
        _collateral = new CollateralChoice(evidence, request.Collateral, request.At);
    }

    /// <summary>Runs the verification.</summary>
    /// <exception cref="MalformedInputException">The evidence is not well-formed.</exception>
    /// <exception cref="CliException">There is no usable collateral.</exception>
    public Finding Run()
    {
        var finding = _evidence.Kind switch
        {
            EvidenceKind.Quote => Endorsed(new HardwareFinding(Quote())),
            EvidenceKind.SnpReport => Endorsed(new HardwareFinding(SnpReport(_policy))),
            EvidenceKind.AzureVtpm => Endorsed(new HardwareFinding(Azure()) { HasVtpm = true }),
            EvidenceKind.GpuReport => new GpuFinding(Gpu()),
            EvidenceKind.ImageEndorsement => Unaccompanied(new EndorsementFinding(
                GuestImageVerifier.Verify(_evidence.Evidence.Span, _request.At, _request.Policy.Images))),
            _ => throw new InvalidOperationException($"Evidence of kind {_evidence.Kind} is read but not verified."),
        };
        return finding with { CollateralOrigin = _collateral.Origin, Warning = _collateral.Warning };
    }

    private Verdict Quote()
    {
        var bytes = _evidence.Evidence.Span;
        var collateral = _collateral.FindDcap(DcapCollateralQuery.TryCreate(bytes) ?? throw NotAQuote());
        return _evidence.EventLog.IsEmpty
            ? QuoteVerifier.Verify(bytes, collateral, _request.Roots, _request.At, _policy, _request.Cache)
            : EventLogVerifier.Verify(
                bytes, _evidence.EventLog.Span, collateral, _request.Roots, _request.At, _policy, _request.Cache);
    }

    private Verdict SnpReport(EvidencePolicy policy) => SnpReportVerifier.Verify(
        _evidence.Evidence.Span, SnpEndorsements(), _request.Roots, _request.At, policy, _request.Cache);

    private SnpEndorsements SnpEndorsements() =>
        _collateral.FindSnp(SnpEndorsementQuery.TryCreate(_evidence.Evidence.Span) ?? throw NotAReport());

    private Verdict Azure()
    {
        if (_evidence.Azure is not { } azure)
        {
            return HclReportAlone();
        }

        var verdict = _evidence.Tee is Tee.Snp
            ? AzureVerifier.Verify(azure, SnpEndorsements(), _request.Roots, _request.At, _policy, _request.Cache)
            : AzureVerifier.Verify(
                azure, _collateral.FindDcap(DcapCollateralQuery.TryCreate(_evidence.Evidence.Span) ?? throw NotAQuote()), _request.Roots,
                _request.At, _policy, _request.Cache);
        return verdict.Reasons.FirstOrDefault(check => check.Id is CheckId.EvidenceFormat) is { } format
            ? throw new MalformedInputException(_evidence.Name, format.Actual, "The handbook's page 'azure' says what Azure evidence is made of.")
            : verdict;
    }

    // Nothing accepts it, but what the hardware says is worth knowing: usually this is somebody who looks for a mistake.
    private Verdict HclReportAlone()
    {
        if (_evidence.Tee is not Tee.Snp)
        {
            throw new MalformedInputException(
                _evidence.Name, "is the HCL report of a TDX VM alone: the TD's quote and the vTPM's quote are missing",
                "Pass JSON evidence (az-tdx-vtpm), which holds all three.");
        }

        var hardware = SnpReport(_policy with { ReportData = null, AcceptUnboundEvidence = true, Vtpm = new VtpmPolicy() });
        return hardware with
        {
            Format = $"HCL report alone: {hardware.Format}",
            Checks =
            [
                .. hardware.Checks,
                new Check(
                    CheckId.VtpmQuoteSignature, CheckOutcome.Failed, "a vTPM quote, signed by HCLAkPub of the runtime data",
                    "no vTPM quote came with the HCL report"),
            ],
        };
    }

    private GpuVerdict Gpu()
    {
        var report = _evidence.Evidence.Span;
        if (!GpuReport.TryRead(report, out _, out var error))
        {
            throw new MalformedInputException(_evidence.Name, $"is not a well-formed report of a GPU: {error}");
        }

        // Chains of several GPUs may lie together; only the signature tells whose report this is.
        GpuVerdict? other = null;
        foreach (var chain in _collateral.FindGpuChains())
        {
            var verdict = GpuReportVerifier.Verify(report, chain.Span, _request.GpuRoots, _request.At, _request.Policy.Gpu);
            if (!verdict.Reasons.Any(check => check.Id is CheckId.GpuReportSignature or CheckId.GpuChain))
            {
                return verdict;
            }

            other ??= verdict;
        }

        return other!;
    }

    // The endorsement's own checks stand beside those of the guest: a guest whose image nobody endorsed is refused.
    private Finding Endorsed(Finding finding)
    {
        if (_request.Endorsement is not { } endorsement)
        {
            // Whoever names a publisher wants its word, and a forgotten option must not be taken for it.
            return _request.Policy.Images.Signers.IsEmpty
                ? finding
                : finding.With(new Check(
                    CheckId.EndorsementTrust, CheckOutcome.Failed, "an endorsement by the publisher that --endorsement-issuer names",
                    "none: --endorsement names no file"));
        }

        return _evidence.Tee is Tee.Snp
            ? finding.With(endorsement.Checks)
            : finding.With(new Check(
                CheckId.EndorsementTrust, CheckOutcome.Failed, "a SEV-SNP guest, of whose image --endorsement speaks",
                $"evidence of {finding.Kind}"));
    }

    // With --endorsement the question is about a guest, and an endorsement, which anybody can fetch, is no answer to it.
    private Finding Unaccompanied(Finding finding) => _request.Endorsement is null
        ? finding
        : finding.With(new Check(
            CheckId.EndorsementTrust, CheckOutcome.Failed, "a SEV-SNP guest, of whose image --endorsement speaks",
            "another endorsement"));

    private MalformedInputException NotAReport() =>
        new(
            _evidence.Name,
            $"is not a well-formed SEV-SNP report: {Attestation.Snp.SnpReport.TryRead(_evidence.Evidence.Span, out _)}", Names);

    private MalformedInputException NotAQuote()
    {
        var error = Attestation.Dcap.Quote.TryRead(_evidence.Evidence.Span, out _, out var offset);
        return new MalformedInputException(
            _evidence.Name, $"is not a well-formed quote: {error} at byte {offset} of {_evidence.Evidence.Length}", Names);
    }
}
