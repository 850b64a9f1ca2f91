using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Simulator;
using Casemate.Simulator.Pki;
using Casemate.Simulator.Snp;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Oracle;

/// <summary>The check of AMD's chains against a second, slower one on <see cref="X509Chain"/>.</summary>
public sealed class SnpChainOracleTests
{
    private static readonly HashSet<CheckId> s_ofTheChain =
        [CheckId.EvidenceFormat, CheckId.TrustRoot, CheckId.SnpChain, CheckId.SnpChainValidity, CheckId.SnpCrl, CheckId.SnpNotRevoked];

    private static readonly Lazy<SimulatedPlatform> s_platform = new(() => SimulatedPlatform.Create(Simulated.Noon));

    public static TheoryData<string> RealReports => [.. CorpusCase.OfKind("snp-report").Select(c => c.Id)];

    public static TheoryData<string> Scenarios => [.. s_scenarios.Keys];

    // Name, change, and whether the library means to be stricter than the base library.
    private static readonly Dictionary<string, (Func<SnpScenario, SnpScenario> Change, bool IsStricter)> s_scenarios = new()
    {
        ["in order"] = (s => s, false),
        ["lent key"] = (s => s with { SigningKey = SnpSigner.Vlek }, false),
        ["ASK by a stranger"] = (s => s with { Signers = s.Signers with { Ask = SignedBy.Stranger } }, false),
        ["VEK by a stranger"] = (s => s with { Signers = s.Signers with { Vek = SignedBy.Stranger } }, false),
        ["CRL by a stranger"] = (s => s with { Signers = s.Signers with { Crl = SignedBy.Stranger } }, false),
        ["ASK revoked"] = (s => s with { Revoked = [SnpCertificate.Ask] }, false),
        ["no CRL"] = (s => s with { OmitCrl = true }, false),
        ["CRL of another issuer"] = (s => s with { Crl = new() { IssuerCommonName = "ARK-Another" } }, false),
        ["ASK is no CA"] = (s => s with { Certificates = new() { Ask = new() { IsCertificateAuthority = false } } }, false),
        ["ASK may not sign certificates"] = (s => s with { Certificates = new() { Ask = new() { KeyUsage = X509KeyUsageFlags.CrlSign } } }, false),
        ["ASK with an unknown critical extension"] = (
            s => s with { Certificates = new() { Ask = new() { AddedExtensions = [new CertificateExtension("1.2.3.4", true, [5, 0])] } } }, false),
        ["VEK with an unknown critical extension"] = (
            s => s with { Certificates = new() { Vek = new() { AddedExtensions = [new CertificateExtension("1.2.3.4", true, [5, 0])] } } }, false),
        ["VEK with an unknown extension"] = (
            s => s with { Certificates = new() { Vek = new() { AddedExtensions = [new CertificateExtension("1.2.3.4", false, [5, 0])] } } }, false),
        ["ASK expired"] = (s => s with { Certificates = new() { Ask = new() { NotAfter = Whole(Simulated.Noon).AddDays(-1) } } }, false),
        ["VEK not yet valid"] = (s => s with { Certificates = new() { Vek = new() { NotBefore = Whole(Simulated.Noon).AddDays(1) } } }, false),
        ["VEK of another issuer's name"] = (s => s with { Certificates = new() { Vek = new() { IssuerCommonName = "SEV-Another" } } }, false),

        // Names, roles and AMD's extensions mean nothing to the base library.
        ["ASK named otherwise"] = (s => s with { Certificates = new() { Ask = new() { CommonName = "SEV-Another" } } }, true),
        ["VEK named otherwise"] = (s => s with { Certificates = new() { Vek = new() { CommonName = "SEV-ANOTHER" } } }, true),
        ["VEK without its hardware id"] = (
            s => s with { Certificates = new() { Vek = new() { OmittedExtensions = ["1.3.6.1.4.1.3704.1.4"] } } }, true),
        ["VEK without a TCB extension"] = (
            s => s with { Certificates = new() { Vek = new() { OmittedExtensions = ["1.3.6.1.4.1.3704.1.3.3"] } } }, true),
    };

    [Theory]
    [MemberData(nameof(RealReports))]
    public void Agrees_OnRealChains_AroundEveryDate(string id)
    {
        var item = CorpusCase.Get(id);
        var endorsements = item.SnpEndorsements();
        var pinned = new[] { PinnedRoots.AmdArkMilan, PinnedRoots.AmdArkGenoa, PinnedRoots.AmdArkTurin }.Select(r => r.ToArray());
        foreach (var at in InstantsAround(endorsements, item.VerifyAt))
        {
            // The corpus holds no list of AMD; both sides do without.
            var expected = pinned.Any(root => FrameworkAccepts(endorsements, root, at, needsCrl: false));
            Assert.Equal(expected, LibraryAccepts(item.Report, endorsements, TrustRoots.Production, at, needsCrl: false, out _));
        }
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Agrees_OnSimulatedChains_AroundEveryDate_ButWhereItIsStricter(string name)
    {
        var (change, isStricter) = s_scenarios[name];
        var decided = false;
        foreach (var product in new[] { SnpProduct.Milan, SnpProduct.Turin })
        {
            var snp = s_platform.Value.Snp(product).With(change);
            var (report, endorsements) = (snp.Report(Simulated.Guest, new byte[64], 3), snp.Endorsements(Simulated.Noon));
            var roots = TrustRoots.None.AllowSimulatedArk(snp.ArkDer, product);
            foreach (var at in InstantsAround(endorsements, Simulated.Noon))
            {
                var expected = FrameworkAccepts(endorsements, snp.ArkDer, at, needsCrl: true);
                var actual = LibraryAccepts(report, endorsements, roots, at, needsCrl: true, out var reasons);
                decided |= expected && !actual;
                Assert.True(
                    isStricter ? !actual : expected == actual,
                    $"base library {expected}, library {actual} at {at:u}: {string.Join("; ", reasons.Select(r => $"{r.Id}: {r.Actual}"))}");
            }
        }

        Assert.Equal(isStricter, decided);
    }

    [Fact]
    public void Agrees_OnRandomMutations()
    {
        var random = new Random(20261122);
        var snp = s_platform.Value.Snp(SnpProduct.Milan);
        var (report, good) = (snp.Report(Simulated.Guest, new byte[64]), snp.Endorsements(Simulated.Noon));
        var roots = TrustRoots.None.AllowSimulatedArk(snp.ArkDer, SnpProduct.Milan);
        var accepted = 0;
        for (var i = 0; i < 300; i++)
        {
            var endorsements = random.Next(5) switch
            {
                0 => good with { Vek = Flip(good.Vek, random) },
                1 => good with { Ask = Flip(good.Ask, random) },
                2 => good with { Ark = Flip(good.Ark, random) },
                3 => good with { Crl = Flip(good.Crl!.Value, random) },
                _ => good,
            };
            var expected = FrameworkAccepts(endorsements, snp.ArkDer, Simulated.Noon, needsCrl: true);
            Assert.Equal(expected, LibraryAccepts(report, endorsements, roots, Simulated.Noon, needsCrl: true, out _));
            accepted += expected ? 1 : 0;
        }

        Assert.InRange(accepted, 20, 150);
    }

    private static bool FrameworkAccepts(SnpEndorsements endorsements, byte[] pinned, DateTimeOffset at, bool needsCrl)
    {
        var read = new[] { endorsements.Vek, endorsements.Ask, endorsements.Ark }.Select(c => FrameworkChain.TryLoad(Der(c))).ToArray();
        if (read is not [{ } vek, { } ask, { } ark] || !ark.RawDataMemory.Span.SequenceEqual(pinned))
        {
            return false;
        }

        return FrameworkChain.Accepts(vek, [ask, ark], X509CertificateLoader.LoadCertificate(pinned), at)
            && (!needsCrl || (endorsements.Crl is { } crl && FrameworkCrl.TryRead(crl.ToArray()) is { } list && list.Clears(ark, at, ask)));
    }

    private static bool LibraryAccepts(
        byte[] report, SnpEndorsements endorsements, TrustRoots roots, DateTimeOffset at, bool needsCrl, out List<Check> reasons)
    {
        var policy = EvidencePolicy.EvidenceOnly with { AcceptUnknownRevocation = !needsCrl };
        reasons = [.. SnpReportVerifier.Verify(report, endorsements, roots, at, policy).Reasons.Where(c => s_ofTheChain.Contains(c.Id))];
        return reasons.Count == 0;
    }

    private static IEnumerable<DateTimeOffset> InstantsAround(SnpEndorsements endorsements, DateTimeOffset at)
    {
        var dates = new HashSet<DateTimeOffset>();
        foreach (var encoded in new[] { endorsements.Vek, endorsements.Ask, endorsements.Ark })
        {
            if (PemCertificates.TryReadOne(encoded.Span, out var certificate, out _))
            {
                dates.UnionWith([certificate!.NotBefore, certificate.NotAfter]);
            }
        }

        if (endorsements.Crl is { } crl && CertificateRevocationList.TryParse(crl.Span, out var list, out _))
        {
            dates.UnionWith([list!.ThisUpdate, list.NextUpdate]);
        }

        return dates.SelectMany(d => new[] { d.AddSeconds(-1), d.AddMilliseconds(-500), d, d.AddMilliseconds(500), d.AddSeconds(1) }).Append(at);
    }

    private static byte[] Der(ReadOnlyMemory<byte> encoded)
    {
        var text = System.Text.Encoding.ASCII.GetString(encoded.Span);
        return PemEncoding.TryFind(text, out var fields) ? Convert.FromBase64String(text[fields.Base64Data]) : encoded.ToArray();
    }

    private static ReadOnlyMemory<byte> Flip(ReadOnlyMemory<byte> bytes, Random random)
    {
        var copy = bytes.ToArray();
        copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
        return copy;
    }

    private static DateTimeOffset Whole(DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerSecond));
}
