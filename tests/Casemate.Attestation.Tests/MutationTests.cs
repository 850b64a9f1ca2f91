using System.Text;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Testing;

namespace Casemate.Attestation.Tests;

/// <summary>
/// Every accepted piece of evidence and collateral, cut at every structural boundary and at hundreds of random places, is refused.
/// The seed is fixed, so a failure repeats; its position is in the message. Flipped bits: <see cref="FlipTests"/>.
/// </summary>
public sealed class MutationTests
{
    private const int RandomCuts = 300;

    // Accepts every genuine case of the corpus, so that only the mutation can be the reason for a refusal.
    private static readonly EvidencePolicy s_lenient = EvidencePolicy.EvidenceOnly with
    {
        AcceptedTcbStatuses = [.. Enum.GetValues<TcbStatus>()],
        Sgx = new SgxPolicy { AcceptDebugEnclaves = true },
        Tdx = new TdxPolicy { AcceptAnyServiceTd = true, AcceptSeptVe = true, AcceptMigratable = true, AcceptDebugTds = true },
        Snp = new SnpPolicy { AcceptDebugGuests = true },
    };

    public static TheoryData<string> Quotes => [.. CorpusCase.OfKind("sgx-quote", "tdx-quote")
        .Where(c => c.Expected.GetProperty("signature_chain").GetString() == "valid"
            && !c.ExpectedTcbStatus!.StartsWith("TcbNotSupported", StringComparison.Ordinal)).Select(c => c.Id)];

    public static TheoryData<string> Reports => [.. CorpusCase.OfKind("snp-report").Select(c => c.Id)];

    [Theory]
    [MemberData(nameof(Quotes))]
    public void RefusesEveryCutQuote(string id)
    {
        var item = CorpusCase.Get(id);
        var (quote, collateral, cache) = (item.Quote, item.DcapCollateral(), new VerificationCache());
        bool Accepts(ReadOnlySpan<byte> bytes) =>
            QuoteVerifier.Verify(bytes, collateral, TrustRoots.Production, item.VerifyAt, s_lenient, cache).Accepted;

        Assert.True(Accepts(quote), "the unchanged quote must be accepted, or the test proves nothing");
        Assert.Equal(QuoteError.None, Quote.TryRead(quote, out var parsed, out _));
        var end = quote.Length - parsed.TrailingBytes;
        int[] boundaries = [0, 2, 4, 8, 12, 28, 48, 54, .. BoundariesOf(quote, parsed), end - 1];

        foreach (var length in boundaries.Concat(RandomPositions(id, end)))
        {
            Assert.False(Accepts(quote.AsSpan(0, length)), $"{id}: cut to {length} bytes, still accepted");
        }
    }

    [Theory]
    [MemberData(nameof(Reports))]
    public void RefusesEveryReportOfAnotherLength(string id)
    {
        var item = CorpusCase.Get(id);
        var (report, endorsements, cache) = (item.Report, item.SnpEndorsements(), new VerificationCache());
        bool Accepts(ReadOnlySpan<byte> bytes) =>
            SnpReportVerifier.Verify(bytes, endorsements, TrustRoots.Production, item.VerifyAt, s_lenient, cache).Accepted;

        Assert.True(Accepts(report), "the unchanged report must be accepted, or the test proves nothing");
        for (var length = 0; length < report.Length; length += 7)
        {
            Assert.False(Accepts(report.AsSpan(0, length)), $"{id}: cut to {length} bytes, still accepted");
        }

        Assert.False(Accepts((byte[])[.. report, 0]), $"{id}: one byte longer, still accepted");
    }

    [Theory]
    [InlineData("automata-sgx-platCA-swhardening")]
    [InlineData("oe-tdx-v5-relaunch-advised")]
    public void RefusesEveryCutCollateral(string id)
    {
        var item = CorpusCase.Get(id);
        var collateral = item.DcapCollateral();
        var quote = item.Quote;
        bool Accepts(DcapCollateral changed) =>
            QuoteVerifier.Verify(quote, changed, TrustRoots.Production, item.VerifyAt, s_lenient).Accepted;

        Assert.True(Accepts(collateral));
        (string Name, byte[] Bytes, Func<byte[], DcapCollateral> With)[] parts =
        [
            ("TCB info", collateral.TcbInfo.Body.ToArray(), b => collateral with { TcbInfo = collateral.TcbInfo with { Body = b } }),
            ("TCB info signature", collateral.TcbInfo.Signature.ToArray(), b => collateral with { TcbInfo = collateral.TcbInfo with { Signature = b } }),
            ("TCB info chain", collateral.TcbInfo.IssuerChainPem.ToArray(), b => collateral with { TcbInfo = collateral.TcbInfo with { IssuerChainPem = b } }),
            ("QE identity", collateral.QeIdentity.Body.ToArray(), b => collateral with { QeIdentity = collateral.QeIdentity with { Body = b } }),
            ("root CRL", collateral.RootCaCrl.ToArray(), b => collateral with { RootCaCrl = b }),
            ("PCK CRL", collateral.PckCrl.ToArray(), b => collateral with { PckCrl = b }),
        ];
        foreach (var (name, bytes, with) in parts)
        {
            foreach (var position in RandomPositions(id + name, bytes.Length).Take(250))
            {
                Assert.False(
                    Accepts(with(bytes[..position])) && !(name.EndsWith("chain", StringComparison.Ordinal) && SameCertificates(bytes, bytes[..position])),
                    $"{id}: {name} cut to {position} bytes, still accepted");
            }
        }
    }

    [Theory]
    [InlineData("oak-turin-v5-vcek")]
    [InlineData("constellation-aws-milan-v3-vlek")]
    public void RefusesEveryCutEndorsement(string id)
    {
        var item = CorpusCase.Get(id);
        var endorsements = item.SnpEndorsements();
        var (report, vek) = (item.Report, endorsements.Vek.ToArray());
        bool Accepts(SnpEndorsements changed) =>
            SnpReportVerifier.Verify(report, changed, TrustRoots.Production, item.VerifyAt, s_lenient).Accepted;

        Assert.True(Accepts(endorsements));
        for (var position = 0; position < vek.Length; position += 3)
        {
            Assert.False(Accepts(endorsements with { Vek = vek[..position] }), $"{id}: VEK cut to {position} bytes, still accepted");
        }
    }

    [Fact]
    public void NeverThrows_OnNonsense()
    {
        var item = CorpusCase.Get("automata-sgx-platCA-swhardening");
        var collateral = item.DcapCollateral();
        var random = new Random(20260101);
        for (var i = 0; i < 3000; i++)
        {
            var nonsense = new byte[random.Next(0, 6000)];
            random.NextBytes(nonsense);
            if (nonsense.Length > 8 && i % 2 == 0)
            {
                // Past the header, into the variable parts.
                item.Quote.AsSpan(0, Math.Min(nonsense.Length, random.Next(8, 1100))).CopyTo(nonsense);
            }

            Assert.False(QuoteVerifier.Verify(nonsense, collateral, TrustRoots.Production, item.VerifyAt, s_lenient).Accepted);
            Assert.False(SnpReportVerifier.Verify(
                nonsense, new SnpEndorsements { Vek = nonsense, Ask = nonsense, Ark = nonsense, Crl = nonsense },
                TrustRoots.Production, item.VerifyAt, s_lenient).Accepted);
            Assert.False(QuoteVerifier.Verify(
                item.Quote,
                new DcapCollateral
                {
                    TcbInfo = new SignedDocument(nonsense, nonsense, nonsense),
                    QeIdentity = new SignedDocument(nonsense, nonsense, nonsense),
                    RootCaCrl = nonsense,
                    PckCrl = nonsense,
                    PckCertificateChainPem = nonsense,
                },
                TrustRoots.Production, item.VerifyAt, s_lenient).Accepted);
        }
    }

    private static List<int> BoundariesOf(byte[] quote, in Quote parsed)
    {
        var list = new List<int>();
        Add(list, quote, parsed.Body);
        Add(list, quote, parsed.Signature);
        Add(list, quote, parsed.AttestationKey);
        Add(list, quote, parsed.QeReport);
        Add(list, quote, parsed.QeReportSignature);
        Add(list, quote, parsed.QeAuthenticationData);
        Add(list, quote, parsed.CertificationData);
        return list;

        static void Add(List<int> list, byte[] quote, ReadOnlySpan<byte> part)
        {
            if (quote.AsSpan().Overlaps(part, out var start))
            {
                // The last byte before, the first, the last of the part; lengths and types stand just before a part.
                list.AddRange([start - 6, start - 4, start - 2, start - 1, start, start + part.Length - 1]);
            }
        }
    }

    private static IEnumerable<int> RandomPositions(string seed, int length)
    {
        var random = new Random(seed.Aggregate(17, (hash, c) => (hash * 31) + c));
        for (var i = 0; i < RandomCuts; i++)
        {
            yield return random.Next(length);
        }
    }

    // Line breaks, text between the blocks and unused bits of base64 carry no meaning: the certificates are what counts.
    private static bool SameCertificates(ReadOnlySpan<byte> original, ReadOnlySpan<byte> mutated) =>
        PemCertificates.TryRead(original, out var before, out _) && PemCertificates.TryRead(mutated, out var after, out _)
        && before.Select(c => Convert.ToHexString(c.Der.Span)).SequenceEqual(after.Select(c => Convert.ToHexString(c.Der.Span)));
}
