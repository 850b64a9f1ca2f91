using System.Collections.Immutable;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Fuzz.Flips;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Mutations;

/// <content>Genuine pieces of one case in the place of another's, for every real case.</content>
public static partial class FieldMutations
{
    private static readonly ImmutableArray<CheckId> s_otherTimes =
    [
        CheckId.TcbInfoFreshness, CheckId.QeIdentityFreshness, CheckId.PckCrlFreshness, CheckId.TcbInfoSignerValidity,
        CheckId.QeIdentitySignerValidity, CheckId.EvaluationNumber, CheckId.TcbStatus, CheckId.TdxModule,
    ];

    private static IEnumerable<FieldMutation> QuoteSubstitutions =>
    [
        Exchange("TCB info of another FMSPC", [CheckId.TcbInfoPlatform], (a, b) => Fmspc(a) != Fmspc(b) && a.Kind == b.Kind,
            (mine, other) => mine with { TcbInfo = other.TcbInfo }),
        Exchange("TCB info of the other TEE", [CheckId.TcbInfoTee], (a, b) => a.Kind != b.Kind && Version(b) != 2,
            (mine, other) => mine with { TcbInfo = other.TcbInfo }, CheckId.TcbInfoPlatform),
        Exchange("QE identity of the other TEE", [CheckId.QeIdentity], (a, b) => a.Kind != b.Kind,
            (mine, other) => mine with { QeIdentity = other.QeIdentity }),
        Exchange("CRL of the other PCK CA", [CheckId.PckCrl, CheckId.PckNotRevoked],
            (a, b) => a.Json.GetProperty("pck_ca").GetString() != b.Json.GetProperty("pck_ca").GetString(),
            (mine, other) => mine with { PckCrl = other.PckCrl }),
        Exchange("root CRL in the place of the PCK CA's", [CheckId.PckCrl, CheckId.PckNotRevoked], (a, b) => a == b,
            (mine, _) => mine with { PckCrl = mine.RootCaCrl }),
        Exchange("signature of the QE identity under the TCB info", [CheckId.TcbInfoSignature, CheckId.TcbStatus], (a, b) => a == b,
            (mine, _) => mine with { TcbInfo = mine.TcbInfo with { Signature = mine.QeIdentity.Signature } }),
        Exchange("TCB info in the place of the QE identity", [CheckId.QeIdentity], (a, b) => a == b,
            (mine, _) => mine with { QeIdentity = mine.TcbInfo }, CheckId.QeIdentityFormat, CheckId.CollateralVersion),
        Transplant("signature of another quote", [CheckId.QuoteSignature], FlipRegions.Signature),
        Transplant("attestation key of another quote", [CheckId.QeReportData, CheckId.QuoteSignature], FlipRegions.AttestationKey),
        Transplant(
            "QE report of another platform", [CheckId.QeReportSignature, CheckId.QeReportData], FlipRegions.QeReport, CheckId.QeIdentity),
        Transplant("signature of another QE report", [CheckId.QeReportSignature], FlipRegions.QeSignature),
    ];

    private static IEnumerable<FieldMutation> SnpSubstitutions =>
    [
        Endorse("VCEK or VLEK of another report", [CheckId.SnpReportSignature], (a, b) => Product(a) == Product(b) && Vek(a) != Vek(b),
            (mine, other) => mine with { Vek = other.Vek, Ask = other.Ask }, CheckId.VekTcb, CheckId.ChipId, CheckId.SnpSigner),
        Endorse("VCEK or VLEK of another product line", [CheckId.SnpChain, CheckId.SnpReportSignature], (a, b) => Product(a) != Product(b),
            (mine, other) => mine with { Vek = other.Vek }, CheckId.SnpProduct, CheckId.VekTcb, CheckId.ChipId, CheckId.SnpSigner),
        Endorse("ASK of another product line", [CheckId.SnpChain], (a, b) => Product(a) != Product(b),
            (mine, other) => mine with { Ask = other.Ask }),
        Endorse("ARK of another product line", [CheckId.SnpChain, CheckId.SnpProduct], (a, b) => Product(a) != Product(b),
            (mine, other) => mine with { Ark = other.Ark }),
        Endorse("chain of another product line", [CheckId.SnpReportSignature], (a, b) => Product(a) != Product(b),
            (_, other) => other, CheckId.VekTcb, CheckId.ChipId, CheckId.SnpSigner, CheckId.TcbOrder),
        Endorse("ARK in the place of the ASK", [CheckId.SnpChain], (a, b) => a == b, (mine, _) => mine with { Ask = mine.Ark }),
    ];

    private static FieldMutation Exchange(
        string what, ImmutableArray<CheckId> expected, Func<CorpusCase, CorpusCase, bool> fits,
        Func<DcapCollateral, DcapCollateral, DcapCollateral> change, params CheckId[] mayFail) => new(SgxTdx, what, expected, () =>
        from mine in RealQuotes
        from other in RealQuotes
        where fits(mine, other)
        select ($"{mine} with {other}", Of(QuoteVerifier.Verify(
            mine.Quote, change(mine.DcapCollateral(), other.DcapCollateral()), TrustRoots.Production, mine.VerifyAt, FlipSubjects.Lenient))))
        {
            MayFail = [.. s_otherTimes, CheckId.QeIdentitySignature, .. mayFail],
        };

    private static FieldMutation Transplant(string what, ImmutableArray<CheckId> expected, FlipRegion region, params CheckId[] mayFail) =>
        new(SgxTdx, what, expected, () =>
            from mine in RealSubjects
            from other in RealSubjects
            let target = mine.Parts.First(p => p.Region == region)
            let source = other.Parts.First(p => p.Region == region)
            let piece = other.Bytes.AsMemory(source.Start, source.Length)
            where !mine.Bytes.AsSpan(target.Start, target.Length).SequenceEqual(piece.Span)
            select ($"{mine} with {other}", mine.Verify(
                [.. mine.Bytes[..target.Start], .. piece.Span, .. mine.Bytes[(target.Start + target.Length)..]], mine.Cache)))
        {
            MayFail = [CheckId.TcbStatus, CheckId.TdxModule, .. mayFail],
        };

    private static FieldMutation Endorse(
        string what, ImmutableArray<CheckId> expected, Func<CorpusCase, CorpusCase, bool> fits,
        Func<SnpEndorsements, SnpEndorsements, SnpEndorsements> change, params CheckId[] mayFail) => new(SevSnp, what, expected, () =>
        from mine in CorpusCase.OfKind("snp-report")
        from other in CorpusCase.OfKind("snp-report")
        where fits(mine, other)
        select ($"{mine} with {other}", Of(SnpReportVerifier.Verify(
            mine.Report, change(mine.SnpEndorsements(), other.SnpEndorsements()), TrustRoots.Production, mine.VerifyAt, FlipSubjects.Lenient))))
        {
            MayFail = [CheckId.SnpChainValidity, CheckId.SnpProduct, .. mayFail],
        };

    // Two simulated quotes may have the same QE report, and then the same signatures fit both.
    private static IEnumerable<FlipSubject> RealSubjects => s_realSubjects.Value;

    private static readonly Lazy<ImmutableArray<FlipSubject>> s_realSubjects =
        new(() => [.. FlipSubjects.OfKind("quotes").Where(q => RealQuotes.Any(c => c.Id == q.Name))]);

    private static string? Fmspc(CorpusCase item) => item.Json.GetProperty("fmspc").GetString();

    private static int Version(CorpusCase item) => item.Json.GetProperty("tcb_info_version").GetInt32();

    private static string? Product(CorpusCase item) => item.Json.GetProperty("product").GetString();

    private static string Vek(CorpusCase item) => Convert.ToHexString(item.SnpEndorsements().Vek.Span);
}
