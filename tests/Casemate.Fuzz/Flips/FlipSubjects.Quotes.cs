using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Tests;
using Casemate.Simulator;
using Casemate.Testing;

namespace Casemate.Fuzz.Flips;

/// <content>SGX and TDX quotes and their collateral.</content>
public static partial class FlipSubjects
{
    private sealed record QuoteCase(string Name, byte[] Quote, DcapCollateral Collateral, TrustRoots Roots, DateTimeOffset At)
    {
        public VerificationCache Cache { get; } = new();

        public FlipOutcome Verify(byte[] quote, DcapCollateral collateral, VerificationCache? cache) =>
            Of(QuoteVerifier.Verify(quote, collateral, Roots, At, Lenient, cache));
    }

    private static IEnumerable<FlipSubject> Quotes() => QuoteCases().Select(item => new FlipSubject(
        item.Name, item.Quote, LayQuote(item.Quote).Parts, (b, cache) => item.Verify(b, item.Collateral, cache))
    {
        SaysTheSame = changed => SameQuote(item.Quote, changed),
        Cache = item.Cache,
    });

    private static IEnumerable<FlipSubject> Collateral()
    {
        foreach (var item in QuoteCases())
        {
            var (all, tcbInfo, qe) = (item.Collateral, item.Collateral.TcbInfo, item.Collateral.QeIdentity);
            FlipSubject Document(string name, ReadOnlyMemory<byte> bytes, FlipRegion region, Func<byte[], DcapCollateral> with) => new(
                $"{item.Name}, {name}", bytes.ToArray(), new FlipLayout(bytes.ToArray()).Add(region, bytes.Length).Parts,
                (b, cache) => item.Verify(item.Quote, with(b), cache))
            {
                SaysTheSame = changed => FlipLayout.SameCertificates(bytes.Span, changed),
                Cache = item.Cache,
            };

            yield return Document("TCB info", tcbInfo.Body, FlipRegions.TcbInfoBody, b => all with { TcbInfo = tcbInfo with { Body = b } });
            yield return Document("TCB info signature", tcbInfo.Signature, FlipRegions.TcbInfoSigned, b => all with { TcbInfo = tcbInfo with { Signature = b } });
            yield return Document("TCB info chain", tcbInfo.IssuerChainPem, FlipRegions.TcbInfoChain, b => all with { TcbInfo = tcbInfo with { IssuerChainPem = b } });
            yield return Document("QE identity", qe.Body, FlipRegions.QeIdentityBody, b => all with { QeIdentity = qe with { Body = b } });
            yield return Document("QE identity signature", qe.Signature, FlipRegions.QeIdentitySigned, b => all with { QeIdentity = qe with { Signature = b } });
            yield return Document("QE identity chain", qe.IssuerChainPem, FlipRegions.QeIdentityChain, b => all with { QeIdentity = qe with { IssuerChainPem = b } });
            yield return Document("root CRL", all.RootCaCrl, FlipRegions.RootRevocationList, b => all with { RootCaCrl = b });
            yield return Document("PCK CRL", all.PckCrl, FlipRegions.PckRevocationList, b => all with { PckCrl = b });
            if (all.PckCertificateChainPem is { IsEmpty: false } pem && QuoteOf(item.Quote).CertificationDataType is not CertificationDataType.PckLeaf)
            {
                yield return Document("PCK chain", pem, FlipRegions.Pck, b => all with { PckCertificateChainPem = b }) with
                {
                    Parts = new FlipLayout(pem.ToArray()).AddPem(pem.Length, RegionOf).Parts,
                };
            }
        }
    }

    private static IEnumerable<QuoteCase> QuoteCases()
    {
        var real = CorpusCase.OfKind("sgx-quote", "tdx-quote").Where(c => c.Expected.GetProperty("signature_chain").GetString() == "valid");
        foreach (var item in real)
        {
            yield return new QuoteCase(item.Id, item.Quote, item.DcapCollateral(), TrustRoots.Production, item.VerifyAt);
            foreach (var longer in (string[])["quote.padded.bin", "quote.trailing.bin"])
            {
                if (item.Has(longer))
                {
                    yield return new QuoteCase($"{item.Id}, {longer}", item.File(longer), item.DcapCollateral(), TrustRoots.Production, item.VerifyAt);
                }
            }
        }

        byte[] data = Simulated.Bytes(64, 0x80);
        var enclave = new SimulatedEnclave { MrEnclave = Simulated.Bytes(32, 0x11) };
        for (var version = 3; version <= 5; version++)
        {
            yield return OfSimulator($"simulated SGX v{version}", Tee.Sgx, Simulated.Dcap, Simulated.Dcap.QuoteSgx(enclave, data, version));
        }

        yield return OfSimulator("simulated TDX v4", Tee.Tdx, Simulated.Dcap, Simulated.Dcap.QuoteTdx(Simulated.Td, data, 4));
        foreach (var kind in Enum.GetValues<TdReportKind>())
        {
            var td = Simulated.Td with { Kind = kind };
            yield return OfSimulator($"simulated TDX v5, {kind}", Tee.Tdx, Simulated.Dcap, Simulated.Dcap.QuoteTdx(td, data, 5));
        }

        for (var type = 1; type <= 4; type++)
        {
            var number = type;
            var dcap = Simulated.Dcap.With(s => s with { CertificationDataType = number });
            yield return OfSimulator($"simulated SGX v3, certification data {type}", Tee.Sgx, dcap, dcap.QuoteSgx(enclave, data));
        }
    }

    private static QuoteCase OfSimulator(string name, Tee tee, SimulatedDcap dcap, byte[] quote) =>
        new(name, quote, dcap.Collateral(tee, Simulated.Noon), Simulated.Roots, Simulated.Noon);

    private static FlipLayout LayQuote(byte[] bytes)
    {
        var quote = QuoteOf(bytes);
        var layout = new FlipLayout(bytes)
            .Add(FlipRegions.QuoteHeader, quote.Header)
            .Add(FlipRegions.QuoteBodyHeader, quote.Version == 5 ? 6 : 0)
            .Add(FlipRegions.QuoteBody, quote.Body)
            .Add(FlipRegions.SignatureDataSize, 4)
            .Add(FlipRegions.Signature, quote.Signature)
            .Add(FlipRegions.AttestationKey, quote.AttestationKey)
            .Add(FlipRegions.OuterCertification, quote.Version > 3 ? 6 : 0)
            .Add(FlipRegions.QeReport, quote.QeReport)
            .Add(FlipRegions.QeSignature, quote.QeReportSignature)
            .Add(FlipRegions.QeAuthenticationSize, 2)
            .Add(FlipRegions.QeAuthenticationData, quote.QeAuthenticationData)
            .Add(FlipRegions.CertificationType, 2)
            .Add(FlipRegions.CertificationSize, 4);
        var data = quote.CertificationData;
        return (quote.CertificationDataType switch
        {
            CertificationDataType.PpidClear => layout.Add(FlipRegions.CertificationPlatform, data.Length),
            CertificationDataType.PpidRsa2048 or CertificationDataType.PpidRsa3072 =>
                layout.Add(FlipRegions.CertificationUnread, data.Length - 20).Add(FlipRegions.CertificationPlatform, 20),
            _ when data.IndexOf("-----BEGIN"u8) >= 0 => layout.AddPem(data.Length, RegionOf),
            _ => layout.Add(FlipRegions.Pck, data),
        }).Rest(FlipRegions.Trailing);
    }

    private static FlipRegion RegionOf(Certificate certificate) => certificate.CommonName switch
    {
        "Intel SGX Root CA" => FlipRegions.Root,
        "Intel SGX PCK Certificate" => FlipRegions.Pck,
        _ => FlipRegions.PckCa,
    };

    // Apart from what no signature covers, the bytes are the same.
    private static bool SameQuote(byte[] original, byte[] changed)
    {
        if (Quote.TryRead(changed, out var after, out _) is not QuoteError.None)
        {
            return false;
        }

        var before = QuoteOf(original);
        var data = before.CertificationData;
        original.AsSpan().Overlaps(data, out var start);
        if (!original.AsSpan(0, start).SequenceEqual(changed.AsSpan(0, start)))
        {
            return false;
        }

        return before.CertificationDataType switch
        {
            CertificationDataType.PpidClear => data.SequenceEqual(after.CertificationData),
            CertificationDataType.PpidRsa2048 or CertificationDataType.PpidRsa3072 =>
                data[^20..].SequenceEqual(after.CertificationData[^20..]),
            _ => data.SequenceEqual(after.CertificationData) || FlipLayout.SameCertificates(data, after.CertificationData),
        };
    }

    private static Quote QuoteOf(byte[] bytes) => Quote.TryRead(bytes, out var quote, out var offset) is QuoteError.None
        ? quote
        : throw new InvalidDataException($"not a quote, byte {offset}");
}
