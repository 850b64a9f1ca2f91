using System.Text;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Sgx;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tests.Azure;
using Casemate.Simulator;
using Casemate.Simulator.Dcap;
using Casemate.Testing;

namespace Casemate.Attestation.Tests;

/// <summary>
/// The points on which well-known verifiers err or disagree, one test each, named after the requirement. Real evidence where there is
/// some, else evidence that the simulator makes wrong in exactly one way.
/// </summary>
public sealed partial class WhereVerifiersDifferTests
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.FromUnixTimeSeconds(1_767_225_600);
    private static readonly SimulatedPlatform s_platform = SimulatedPlatform.Create(s_now);
    private static readonly SimulatedEnclave s_enclave = new() { MrEnclave = new byte[32] };
    private static readonly SimulatedTd s_td = new() { MrTd = new byte[48] };

    [Theory]
    [InlineData("automata-tdx-v4-outofdate")]
    [InlineData("trustee-tdx-v4-module03-outofdate")]
    public void R1_PlatformAndModuleBothCount(string id) => Assert.Equal(TcbStatus.OutOfDate, Real(id).TcbStatus);

    [Theory]
    [InlineData("oe-tdx-v5-relaunch-advised", TcbStatus.TDRelaunchAdvised)]
    [InlineData("oe-tdx-v5-outofdate", TcbStatus.OutOfDate)]
    public void R2_ModuleVersionComponentsAreLeftToTheModuleIdentity(string id, TcbStatus expected) =>
        Assert.Equal(expected, Real(id).TcbStatus);

    [Fact]
    public void APolicyWithMoreListsThanATdHasRegistersAcceptsNothing()
    {
        var quote = s_platform.Dcap.QuoteTdx(s_td, new byte[64]);
        var policy = EvidencePolicy.EvidenceOnly with { Tdx = new TdxPolicy { Rtmrs = [[], [], [], [], [new byte[48]]] } };

        var verdict = QuoteVerifier.Verify(quote, s_platform.Dcap.Collateral(Tee.Tdx, s_now), s_platform.Allow(TrustRoots.None), s_now, policy);

        Assert.Equal(CheckId.TdMeasurements, Assert.Single(verdict.Reasons).Id);
    }

    [Fact]
    public void R3_CertificatesFromTheFutureAreRefused()
    {
        var verdict = Real("dstack-tdx-v4-pck-not-yet-valid");

        var reason = Assert.Single(verdict.Reasons, c => c.Id is CheckId.PckChainValidity);
        Assert.StartsWith("NotYetValid: PCK certificate", reason.Actual, StringComparison.Ordinal);
        Assert.Equal(TcbStatus.UpToDate, verdict.TcbStatus);
    }

    [Fact]
    public void R4_AStatusNeverCoversDebug()
    {
        var sgx = Real("oe-sgx-tcbinfo-v2-debug");
        var snp = Snp("gosev-milan-v2-vcek");

        Assert.Equal(TcbStatus.SWHardeningNeeded, sgx.TcbStatus);
        Assert.Contains(sgx.Reasons, c => c.Id is CheckId.Debug);
        Assert.Contains(sgx.Checks, c => c is { Id: CheckId.QuoteSignature, Outcome: CheckOutcome.Passed });
        Assert.Equal(CheckId.Debug, Assert.Single(snp.Reasons).Id);
    }

    [Theory]
    [InlineData("oe-tdx10-v4-uptodate", CheckId.SeptVeDisable)]
    [InlineData("alibaba-tdx-v5-uptodate", CheckId.ServiceTd)]
    public void R5_SeptVeDisableAndServiceTdArePolicy(string id, CheckId reason)
    {
        var lenient = EvidencePolicy.EvidenceOnly with { Tdx = new TdxPolicy { AcceptSeptVe = true, AcceptAnyServiceTd = true } };

        Assert.Contains(Real(id).Reasons, c => c.Id == reason);
        Assert.DoesNotContain(Real(id, lenient).Reasons, c => c.Id == reason);
        Assert.True(Real(id, lenient).Accepted);
    }

    [Theory]
    [InlineData("oe-sgx-tcbinfo-v2-debug", TcbStatus.SWHardeningNeeded)]
    [InlineData("dcaprs-sgx-tcbinfo-v2-outofdate", TcbStatus.OutOfDate)]
    public void R6_TcbInfoVersion2StillEvaluates(string id, TcbStatus expected) => Assert.Equal(expected, Real(id).TcbStatus);

    [Fact]
    public void R7_HexAndModuleIdsAreComparedWithoutCase()
    {
        var body = Encoding.UTF8.GetString(CorpusCase.Get("oe-tdx-v5-relaunch-advised").DcapCollateral().TcbInfo.Body.Span);
        var lower = body.Replace("TDX_0", "tdx_0", StringComparison.Ordinal);
        Assert.NotEqual(body, lower);

        Assert.True(TcbInfo.TryParse(Encoding.UTF8.GetBytes(body), out var original, out _));
        Assert.True(TcbInfo.TryParse(Encoding.UTF8.GetBytes(lower), out var changed, out _));
        Assert.Equal(original!.TdxModuleIdentities.Select(i => i.Major), changed!.TdxModuleIdentities.Select(i => i.Major));
    }

    [Fact]
    public void R8_ASignerIsJudgedByItsOwnDates()
    {
        // After a first verification has filled the cache, the same signer is still refused outside of its validity.
        var item = CorpusCase.Get("automata-sgx-platCA-swhardening");
        var cache = new VerificationCache();
        var (quote, collateral) = (item.Quote, item.DcapCollateral());
        QuoteVerifier.Verify(quote, collateral, TrustRoots.Production, item.VerifyAt, EvidencePolicy.EvidenceOnly, cache);

        var later = QuoteVerifier.Verify(
            quote, collateral, TrustRoots.Production, item.VerifyAt.AddYears(20), EvidencePolicy.EvidenceOnly, cache);

        Assert.Contains(later.Reasons, c => c.Id is CheckId.TcbInfoSignerValidity && c.Actual.StartsWith("Expired", StringComparison.Ordinal));
    }

    [Fact]
    public void R9_ExpiredCollateralAndOutOfDateAreTwoFindings()
    {
        var item = CorpusCase.Get("dcaprs-sgx-platCA-outofdate");
        var verdict = QuoteVerifier.Verify(
            item.Quote, item.DcapCollateral(), TrustRoots.Production, item.CollateralWindow().End.AddDays(1), EvidencePolicy.EvidenceOnly);

        Assert.Contains(verdict.Reasons, c => c.Id is CheckId.TcbStatus && c.Actual.StartsWith("OutOfDate", StringComparison.Ordinal));
        Assert.Contains(verdict.Reasons, c => c.Actual.StartsWith("Expired", StringComparison.Ordinal));
    }

    [Fact]
    public void R10_AdvisoriesWithUpToDateAreLegal()
    {
        var verdict = Sgx(s_platform.Dcap.With(s => s with { SgxTcbInfo = s.SgxTcbInfo.WithNewestLevel("UpToDate", "INTEL-SA-00999") }));

        Assert.True(verdict.Accepted);
        Assert.Equal(["INTEL-SA-00999"], verdict.AdvisoryIds);
    }

    [Fact]
    public void R11_RevokedInOnePartIsRevoked_AndRelaunchDoesNotHideIt()
    {
        Assert.Equal(
            TcbStatus.Revoked, Sgx(s_platform.Dcap.With(s => s with { QeIdentity = s.QeIdentity.WithNewestLevel("Revoked") })).TcbStatus);
        Assert.Equal(
            TcbStatus.Revoked, Tdx(s_platform.Dcap.With(s => s with { TdQeIdentity = s.TdQeIdentity.WithNewestLevel("Revoked") })).TcbStatus);
    }

    [Fact]
    public void WhatThePlatformRunsNowMayBeRevokedToo()
    {
        var dcap = s_platform.Dcap.With(s => s with { TdxTcbInfo = s.TdxTcbInfo.WithNewestLevel("Revoked") });
        var older = (byte[])dcap.Scenario.TdxModule.TeeTcbSvn.Clone();
        older[2] = 7;                                                       // launched on an older microcode: another level, OutOfDate
        var quote = dcap.QuoteTdx(s_td with { TeeTcbSvn = older }, new byte[64], 5);

        var verdict = QuoteVerifier.Verify(
            quote, dcap.Collateral(Tee.Tdx, s_now), s_platform.Allow(TrustRoots.None), s_now, EvidencePolicy.EvidenceOnly);

        Assert.NotEqual(TcbStatus.Revoked, verdict.Tcb!.Platform);
        Assert.Equal(TcbStatus.Revoked, verdict.Tcb.Current!.Status);
        Assert.Equal(TcbStatus.Revoked, verdict.TcbStatus);
    }

    [Fact]
    public void R12_EveryLinkIsVerified_WhateverACacheHolds()
    {
        var cache = new VerificationCache();
        var genuine = s_platform.Dcap;
        var forged = genuine.With(s => s with { Signers = s.Signers with { Pck = Simulator.Pki.SignedBy.Stranger } });
        Assert.True(Sgx(genuine, cache).Accepted);

        var verdict = Sgx(forged, cache);

        Assert.Contains(verdict.Reasons, c => c.Id is CheckId.PckChain);
        Assert.Null(verdict.Claims);
    }

    [Fact]
    public void R13_TheTcbDateIncludesTheModules()
    {
        var verdict = Real("trustee-tdx-v4-module03-outofdate");

        Assert.Equal(new DateTimeOffset(2018, 1, 4, 0, 0, 0, TimeSpan.Zero), verdict.TcbDate);
    }

    [Theory]
    [InlineData("dcapqvl-tdx-v4-uptodate", "quote.padded.bin")]
    [InlineData("gotdx-spr-v4-nomatch", "quote.trailing.bin")]
    public void R14_BytesAfterTheQuoteAreCountedAndIgnored_MissingOnesRefused(string id, string file)
    {
        var item = CorpusCase.Get(id);
        var longer = Verify(item, item.File(file));

        Assert.Contains($"followed by {item.File(file).Length - item.Quote.Length} bytes", longer.Checks[0].Actual, StringComparison.Ordinal);
        Assert.Equal(Verify(item, item.Quote).TcbStatus, longer.TcbStatus);
        Assert.Equal(CheckId.EvidenceFormat, Assert.Single(Verify(item, item.Quote[..^1]).Reasons).Id);
    }

    [Theory]
    [InlineData("dcapqvl-tappd-v4-nomatch")]
    [InlineData("gotdx-spr-v4-nomatch")]
    public void R15_NoMatchingLevelIsNotSupported(string id)
    {
        Assert.Equal(TcbStatus.NotSupported, Real(id).TcbStatus);
        Assert.Null(Real(id).TcbDate);
    }

    [Fact]
    public void R16_JsonIsVerifiedOverTheBytesReceived()
    {
        var item = CorpusCase.Get("automata-sgx-platCA-swhardening");
        var collateral = item.DcapCollateral();
        var spaced = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(collateral.TcbInfo.Body.Span).Replace("\"version\":3", "\"version\": 3", StringComparison.Ordinal));

        var verdict = QuoteVerifier.Verify(
            item.Quote, collateral with { TcbInfo = collateral.TcbInfo with { Body = spaced } }, TrustRoots.Production, item.VerifyAt,
            EvidencePolicy.EvidenceOnly);

        Assert.Contains(verdict.Reasons, c => c.Id is CheckId.TcbInfoSignature);
        Assert.Null(verdict.TcbStatus);
    }

    [Fact]
    public void R17_TheSecondHalfOfTheQeReportDataMustBeZero()
    {
        var verdict = Sgx(s_platform.Dcap.With(s => s with { QeReportPatches = [new BytePatch(320 + 63, [1])] }));

        Assert.Equal(CheckId.QeReportData, Assert.Single(verdict.Reasons).Id);
    }

    [Theory]
    [InlineData(0x19, 0x0F, SnpProduct.Milan)]
    [InlineData(0x19, 0x10, SnpProduct.Genoa)]
    [InlineData(0x19, 0xA0, SnpProduct.Genoa)]
    [InlineData(0x19, 0xAF, SnpProduct.Genoa)]
    [InlineData(0x1A, 0x11, SnpProduct.Turin)]
    [InlineData(0x1A, 0x50, null)]
    [InlineData(0x19, 0xB0, null)]
    public void R18_GenerationRangesAreInclusive_AndTurinIsVerified(byte family, byte model, SnpProduct? expected)
    {
        var bytes = CorpusCase.Get("oak-turin-v5-vcek").Report;
        (bytes[0x188], bytes[0x189]) = (family, model);
        Assert.Equal(SnpReportError.None, SnpReport.TryRead(bytes, out var report));

        Assert.Equal(expected, report.Product);
        Assert.True(Snp("oak-turin-v5-vcek").Accepted);
    }

    [Fact]
    public void R19_AReservedBitIsAQuestionOfPolicy()
    {
        var item = CorpusCase.Get("oak-turin-v5-vcek");
        var strict = EvidencePolicy.EvidenceOnly with { AcceptReservedBits = false };

        var refused = SnpReportVerifier.Verify(item.Report, item.SnpEndorsements(), TrustRoots.Production, item.VerifyAt, strict);

        Assert.Equal("PLATFORM_INFO 0x40", Assert.Single(refused.Reasons, c => c.Id is CheckId.ReservedBits).Actual);
        Assert.Contains(Snp(item.Id).Checks, c => c is { Id: CheckId.ReservedBits, Outcome: CheckOutcome.Warned });
    }

    [Theory]
    [InlineData(0x02)]
    [InlineData(0x04)]
    public void R20_AChipIdThatLooksLikeDerIsStillAChipId(byte first)
    {
        var chipId = new byte[64];
        (chipId[0], chipId[1], chipId[63]) = (first, 0x3E, 1);
        var snp = s_platform.Snp(SnpProduct.Milan).With(s => s with { ChipId = chipId });
        var another = snp.With(s => s with { Vek = s.Vek with { HardwareId = new byte[64] } });

        Assert.True(Snp(snp).Accepted);
        Assert.Equal(CheckId.ChipId, Assert.Single(Snp(another).Reasons).Id);
    }

    [Fact]
    public void R21_SigningKeyAndCertificateKindMustAgree()
    {
        var snp = s_platform.Snp(SnpProduct.Milan);

        Assert.Equal(
            CheckId.SnpSigner,
            Assert.Single(Snp(snp.With(s => s with { ReportedSigningKey = SnpSigner.Vlek })).Reasons).Id);
        Assert.True(Snp("constellation-aws-milan-v3-vlek").Accepted);
        var masked = Assert.Single(Snp(snp.With(s => s with { MaskChipId = true })).Reasons);
        Assert.Equal(CheckId.ChipId, masked.Id);
        Assert.StartsWith("ChipIdMasked", masked.Actual, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("virtee-milan-v2-vcek")]
    [InlineData("trustee-milan-v2-vcek-azure")]
    [InlineData("trustee-azure-hcl-milan-v2")]
    public void R22_ReportVersion2IsSupported_AMinimumIsPolicy(string id)
    {
        var item = CorpusCase.Get(id);
        var policy = EvidencePolicy.EvidenceOnly with { Snp = new SnpPolicy { MinimumReportVersion = 3 } };

        Assert.True(Snp(id).Accepted);
        var verdict = SnpReportVerifier.Verify(item.Report, item.SnpEndorsements(), TrustRoots.Production, item.VerifyAt, policy);
        Assert.Equal(CheckId.ReportVersion, Assert.Single(verdict.Reasons).Id);
    }

    [Theory]
    [InlineData(0x2A0 + 48)]
    [InlineData(0x2A0 + 71)]
    [InlineData(0x2A0 + 72 + 48)]
    [InlineData(0x2A0 + 144)]
    [InlineData(0x49F)]
    public void R23_UnusedSignatureBytesMustBeZero(int offset)
    {
        var bytes = CorpusCase.Get("oak-genoa-v5-vcek").Report;
        bytes[offset] = 1;

        Assert.Equal(SnpReportError.MalformedSignature, SnpReport.TryRead(bytes, out _));
    }

    [Fact]
    public void ZeroAndOversizedSignatureNumbersAreRefused()
    {
        var item = CorpusCase.Get("oak-genoa-v5-vcek");
        foreach (var value in (byte[])[0x00, 0xFF])
        {
            foreach (var offset in (int[])[0x2A0, 0x2A0 + 72])
            {
                var bytes = item.Report;
                bytes.AsSpan(offset, 48).Fill(value);
                var verdict = SnpReportVerifier.Verify(bytes, item.SnpEndorsements(), TrustRoots.Production, item.VerifyAt, EvidencePolicy.EvidenceOnly);

                Assert.Equal(CheckId.SnpReportSignature, Assert.Single(verdict.Reasons).Id);
            }
        }
    }

    [Fact]
    public void R24_OnAzureTheNonceIsInTheTpmQuote_NotInTheReportData()
    {
        var policy = EvidencePolicy.EvidenceOnly with { ReportData = AzureVm.NonceAsReportData };
        var another = AzureVm.QuoteOf(Simulated.Bytes(48, 0x11));

        // The nonce in the TPM's quote, and a hardware report that binds the TPM's key: that is evidence.
        Assert.True(OnAzure(new AzureVm(), policy).Accepted);

        // The nonce as REPORT_DATA binds no TPM key, with or without the nonce in the TPM's quote.
        Assert.Equal(
            CheckId.RuntimeData, Assert.Single(OnAzure(new AzureVm { ReportData = AzureVm.NonceAsReportData }, policy).Reasons).Id);
        Assert.Equal(
            [CheckId.RuntimeData, CheckId.VtpmNonce, CheckId.VtpmUserData],
            OnAzure(new AzureVm { ReportData = AzureVm.NonceAsReportData, Quote = another }, policy).Reasons.Select(c => c.Id).Order());
        Assert.Equal(
            [CheckId.VtpmNonce, CheckId.VtpmUserData], OnAzure(new AzureVm { Quote = another }, policy).Reasons.Select(c => c.Id).Order());

        // And good evidence taken for a bare report does not carry the nonce where a bare report would.
        var bare = new AzureVm().OnSnp().HclReport.Slice(0x20, 1184);
        var verdict = SnpReportVerifier.Verify(
            bare.Span, Simulated.Milan.Endorsements(Simulated.Noon), Simulated.Roots, Simulated.Noon, policy);
        Assert.Equal(CheckId.ReportData, Assert.Single(verdict.Reasons).Id);
    }

    [Theory]
    [InlineData("neg-oe-sgx-report-bad")]
    public void R25_ABrokenChainFailsAsSuch(string id)
    {
        var item = CorpusCase.Get(id);
        var verdict = Verify(CorpusCase.Get("automata-sgx-platCA-swhardening"), item.Quote);

        Assert.Contains(verdict.Reasons, c => c.Id is CheckId.PckChain);
        Assert.Contains(verdict.Checks, c => c is { Id: CheckId.QuoteSignature, Outcome: CheckOutcome.Passed });
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void R26_AnSgxQuoteMayHaveEveryVersion(int version)
    {
        var verdict = QuoteVerifier.Verify(
            s_platform.Dcap.QuoteSgx(s_enclave, new byte[64], version), s_platform.Dcap.Collateral(Tee.Sgx, s_now),
            s_platform.Allow(TrustRoots.None), s_now, EvidencePolicy.EvidenceOnly);

        Assert.True(verdict.Accepted);
        Assert.Equal($"SGX quote v{version}", verdict.Format);
    }

    [Fact]
    public void R27_MalformedInputNamesErrorAndPlace()
    {
        var quote = CorpusCase.Get("automata-sgx-platCA-swhardening").Quote;

        Assert.Equal(QuoteError.UnsupportedQuoteVersion, Quote.TryRead([9, 0, .. quote[2..]], out _, out var version));
        Assert.Equal(0, version);
        Assert.Equal(QuoteError.UnsupportedKeyType, Quote.TryRead([3, 0, 3, 0, .. quote[4..]], out _, out var keyType));
        Assert.Equal(2, keyType);
        Assert.Equal(QuoteError.UnsupportedTeeType, Quote.TryRead([3, 0, 2, 0, 0x81, .. quote[5..]], out _, out var teeType));
        Assert.Equal(4, teeType);
        Assert.Equal(QuoteError.Truncated, Quote.TryRead(quote[..500], out _, out var cut));
        Assert.Equal(432, cut);                                             // the size field, which promises more than there is
    }

    private static Verdict OnAzure(AzureVm vm, EvidencePolicy policy) => AzureVerifier.Verify(
        vm.OnSnp(), Simulated.Milan.Endorsements(Simulated.Noon), Simulated.Roots, Simulated.Noon, policy);

    private static Verdict Real(string id, EvidencePolicy? policy = null)
    {
        var item = CorpusCase.Get(id);
        return Verify(item, item.Quote, policy);
    }

    private static Verdict Verify(CorpusCase item, byte[] quote, EvidencePolicy? policy = null) =>
        QuoteVerifier.Verify(quote, item.DcapCollateral(), TrustRoots.Production, item.VerifyAt, policy ?? EvidencePolicy.EvidenceOnly);

    private static Verdict Snp(string id)
    {
        var item = CorpusCase.Get(id);
        return SnpReportVerifier.Verify(item.Report, item.SnpEndorsements(), TrustRoots.Production, item.VerifyAt, EvidencePolicy.EvidenceOnly);
    }

    private static Verdict Snp(SimulatedSnp snp, EvidencePolicy? policy = null, int version = 3) => SnpOf(snp, g => g, policy, version);

    private static Verdict SnpOf(
        SimulatedSnp snp, Func<SimulatedGuest, SimulatedGuest> change, EvidencePolicy? policy = null, int version = 3) =>
        SnpReportVerifier.Verify(
            snp.Report(change(new SimulatedGuest { Measurement = new byte[48] }), new byte[64], version), snp.Endorsements(s_now),
            TrustRoots.None.AllowSimulatedArk(snp.ArkDer, snp.Product), s_now, policy ?? EvidencePolicy.EvidenceOnly);

    private static Verdict Sgx(SimulatedDcap dcap, VerificationCache? cache = null, EvidencePolicy? policy = null) => QuoteVerifier.Verify(
        dcap.QuoteSgx(s_enclave, new byte[64]), dcap.Collateral(Tee.Sgx, s_now), s_platform.Allow(TrustRoots.None), s_now,
        policy ?? EvidencePolicy.EvidenceOnly, cache);

    private static Verdict Tdx(SimulatedDcap dcap) => QuoteVerifier.Verify(
        dcap.QuoteTdx(s_td, new byte[64], 5), dcap.Collateral(Tee.Tdx, s_now), s_platform.Allow(TrustRoots.None), s_now,
        EvidencePolicy.EvidenceOnly);
}
