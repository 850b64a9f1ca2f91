using Casemate.Attestation;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tests;
using Casemate.Testing;

namespace Casemate.Fuzz.Flips;

/// <content>SEV-SNP reports and the certificates behind them.</content>
public static partial class FlipSubjects
{
    private const int SnpSignedSize = 0x2A0;

    private static IEnumerable<FlipSubject> SnpReports()
    {
        foreach (var item in CorpusCase.OfKind("snp-report"))
        {
            foreach (var subject in SnpCase(item.Id, item.Report, item.SnpEndorsements(), TrustRoots.Production, item.VerifyAt))
            {
                yield return subject;
            }
        }

        (SnpProduct Product, int Version, SnpSigner Signer)[] simulated =
        [
            (SnpProduct.Milan, 2, SnpSigner.Vcek), (SnpProduct.Milan, 3, SnpSigner.Vlek), (SnpProduct.Genoa, 4, SnpSigner.Vcek),
            (SnpProduct.Turin, 5, SnpSigner.Vcek), (SnpProduct.Milan, 2, SnpSigner.Vlek), (SnpProduct.Turin, 3, SnpSigner.Vcek),
            (SnpProduct.Genoa, 4, SnpSigner.Vlek), (SnpProduct.Genoa, 5, SnpSigner.Vlek),
        ];
        foreach (var (product, version, signer) in simulated)
        {
            var snp = Simulated.Snp(product).With(s => s with { SigningKey = signer });
            var report = snp.Report(Simulated.Guest, Simulated.Bytes(64, 0x80), version);
            var subjects = SnpCase(
                $"simulated {product} v{version}, {signer}", report, snp.Endorsements(Simulated.Noon), Simulated.Roots, Simulated.Noon);
            foreach (var subject in subjects)
            {
                yield return subject;
            }
        }
    }

    private static IEnumerable<FlipSubject> SnpCase(
        string name, byte[] report, SnpEndorsements endorsements, TrustRoots roots, DateTimeOffset at)
    {
        var cache = new VerificationCache();
        yield return new FlipSubject(
            name, report, LaySnpReport(new FlipLayout(report)).Parts,
            (b, c) => Of(SnpReportVerifier.Verify(b, endorsements, roots, at, Lenient, c)))
        {
            Cache = cache,
        };

        FlipSubject Document(string what, ReadOnlyMemory<byte> bytes, FlipRegion region, Func<byte[], SnpEndorsements> with) => new(
            $"{name}, {what}", bytes.ToArray(), new FlipLayout(bytes.ToArray()).Add(region, bytes.Length).Parts,
            (b, c) => Of(SnpReportVerifier.Verify(report, with(b), roots, at, Lenient, c)))
        {
            SaysTheSame = changed => SameCertificate(bytes.Span, changed),
            Cache = cache,
        };
        yield return Document("VEK", endorsements.Vek, FlipRegions.Vek, b => endorsements with { Vek = b });
        yield return Document("ASK", endorsements.Ask, FlipRegions.Ask, b => endorsements with { Ask = b });
        yield return Document("ARK", endorsements.Ark, FlipRegions.Ark, b => endorsements with { Ark = b });
        if (endorsements.Crl is { } crl)
        {
            yield return Document("CRL", crl, FlipRegions.ArkRevocationList, b => endorsements with { Crl = b });
        }
    }

    private static FlipLayout LaySnpReport(FlipLayout layout) => layout
        .Add(FlipRegions.SnpBody, SnpSignedSize)
        .Add(FlipRegions.SnpSignature, 48).Add(FlipRegions.SnpSignatureReserved, 24)
        .Add(FlipRegions.SnpSignature, 48).Add(FlipRegions.SnpSignatureReserved, SnpReport.Size - SnpSignedSize - 120);

    private static bool SameCertificate(ReadOnlySpan<byte> original, ReadOnlySpan<byte> changed) =>
        PemCertificates.TryReadOne(original, out var before, out _) && PemCertificates.TryReadOne(changed, out var after, out _)
        && before!.Der.Span.SequenceEqual(after!.Der.Span);
}
