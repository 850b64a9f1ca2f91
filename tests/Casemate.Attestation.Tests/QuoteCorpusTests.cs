using System.Collections.Immutable;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Testing;

namespace Casemate.Attestation.Tests;

/// <summary>Every real SGX and TDX quote of the corpus gets exactly the expected verdict at the case's time.</summary>
public sealed class QuoteCorpusTests
{
    public static TheoryData<string> Quotes => [.. CorpusCase.OfKind("sgx-quote", "tdx-quote").Select(c => c.Id)];

    // Finds a case's checks other than the ones that policy alone decides.
    private static IEnumerable<Check> Genuineness(Verdict verdict) => verdict.Reasons.Where(c => c.Id is not (
        CheckId.TcbStatus or CheckId.Debug or CheckId.SeptVeDisable or CheckId.ServiceTd or CheckId.Migratable));

    [Theory]
    [MemberData(nameof(Quotes))]
    public void Evaluates_RealQuote_AsExpected(string id)
    {
        var item = CorpusCase.Get(id);
        var verdict = QuoteVerifier.Verify(
            item.Quote, item.DcapCollateral(), TrustRoots.Production, item.VerifyAt, EvidencePolicy.EvidenceOnly);

        if (item.Expected.GetProperty("signature_chain").GetString() == "valid")
        {
            Assert.Empty(Genuineness(verdict));
        }
        else
        {
            Assert.NotEmpty(Genuineness(verdict));
        }

        AssertTcb(item, verdict);
        Assert.False(verdict.Simulated);
        var debug = item.Facts.TryGetProperty("enclave_debug", out var flag) && flag.GetBoolean();
        Assert.Equal(debug, verdict.Reasons.Any(c => c.Id is CheckId.Debug));
    }

    [Theory]
    [MemberData(nameof(Quotes))]
    public void Evaluates_RealQuote_TheSame_WithCache(string id)
    {
        var item = CorpusCase.Get(id);
        var cache = new VerificationCache();
        var collateral = item.DcapCollateral();
        var cold = QuoteVerifier.Verify(item.Quote, collateral, TrustRoots.Production, item.VerifyAt, EvidencePolicy.EvidenceOnly);
        for (var i = 0; i < 3; i++)
        {
            var warm = QuoteVerifier.Verify(item.Quote, collateral, TrustRoots.Production, item.VerifyAt, EvidencePolicy.EvidenceOnly, cache);
            Assert.Equal<Check>(cold.Checks, warm.Checks);
            Assert.Equal(cold.TcbStatus, warm.TcbStatus);
        }
    }

    private static void AssertTcb(CorpusCase item, Verdict verdict)
    {
        var expected = item.ExpectedTcbStatus!;
        Assert.Equal(expected.StartsWith("TcbNotSupported", StringComparison.Ordinal) ? "NotSupported" : expected, verdict.TcbStatus.ToString());
        var advisories = item.Expected.GetProperty("advisory_ids").EnumerateArray().Select(a => a.GetString()!).ToHashSet();
        Assert.Equal(advisories, verdict.AdvisoryIds.ToHashSet());
        Assert.Equal(verdict.AdvisoryIds.Length, verdict.AdvisoryIds.Distinct().Count());
        var date = item.Expected.GetProperty("tcb_date").GetString();
        Assert.Equal(date is null ? null : DateTimeOffset.Parse(date, null), verdict.TcbDate);
        var parts = item.Expected.GetProperty("components");
        if (date is null)
        {
            Assert.Equal(TcbStatus.NotSupported, verdict.Tcb!.Platform);
        }
        else
        {
            Assert.Equal(Word(parts, "platform_status"), verdict.Tcb!.Platform.ToString());
            Assert.Equal(Word(parts, "qe_status"), verdict.Tcb.Qe.ToString());
            Assert.Equal(Word(parts, "tdx_module_status"), verdict.Tcb.TdxModule?.ToString());
        }

        if (parts.TryGetProperty("current", out var current) && current.ValueKind is System.Text.Json.JsonValueKind.Object)
        {
            Assert.Equal(Word(current, "platform_status"), verdict.Tcb.Current!.Platform.ToString());
            Assert.Equal(Word(current, "tdx_module_status"), verdict.Tcb.Current.TdxModule?.ToString());
        }
    }

    private static string? Word(System.Text.Json.JsonElement parts, string name)
    {
        var word = parts.GetProperty(name).GetString();
        return word is not null && word.StartsWith("TcbNotSupported", StringComparison.Ordinal) ? "NotSupported" : word;
    }
}
