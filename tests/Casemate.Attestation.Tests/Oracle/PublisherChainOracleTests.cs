using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Casemate.Attestation.Pki;

namespace Casemate.Attestation.Tests.Oracle;

/// <summary>
/// Chains of publishers and device makers against <see cref="X509Chain"/>: the library accepts nothing that the base library refuses, and
/// where it refuses what the base library takes, this list says why.
/// </summary>
public sealed class PublisherChainOracleTests
{
    private static readonly (string Name, Func<X509Certificate2[], bool> Refuses)[] s_stricter =
    [
        ("a signer that is a CA", c => BasicConstraints(c[0])?.CertificateAuthority == true),
        ("a signer whose keyUsage lacks digitalSignature", c => Usage(c[0]) is { } usage && !usage.HasFlag(X509KeyUsageFlags.DigitalSignature)),
        ("a critical extension that is not applied", c => c.Any(
            x => x.Extensions.Any(e => e.Critical && e.Oid!.Value is not ("2.5.29.15" or "2.5.29.19" or "2.5.29.37" or "2.5.29.17" or "2.5.29.32")))),
        ("certificates out of order", c => c.Zip(c.Skip(1)).Any(
            p => !p.First.IssuerName.RawData.AsSpan().SequenceEqual(p.Second.SubjectName.RawData))),
        ("a root given twice, which counts against its own path length", c => c.Length > 3 && IsSame(c[^1], c[^2])),
        ("fewer than two or more than eight certificates", c => c.Length is < 2 or > 8),
    ];

    [Fact]
    public void AcceptsNoMore_AndNamesWhereItAcceptsLess()
    {
        var decided = new HashSet<string>();
        var (accepted, refused) = (0, 0);

        // The library leaves it to the caller what the end of a chain is; the base library wants it to be self-issued.
        foreach (var chain in Chains().Where(EndsInARoot))
        {
            foreach (var at in InstantsAround(chain))
            {
                var read = chain.Select(FrameworkChain.TryLoad).ToArray();
                var framework = read.All(c => c is not null) && read.Length > 0
                    && FrameworkChain.Accepts(read[0]!, [.. read.Select(c => c!)], read[^1]!, at);
                var reasons = framework ? s_stricter.Where(rule => rule.Refuses([.. read.Select(c => c!)])).Select(r => r.Name).ToArray() : [];
                var actual = LibraryAccepts(chain, at, out var error);

                Assert.True(
                    (framework && reasons.Length == 0) == actual,
                    $"base library {framework} ({string.Join(", ", reasons)}), library {actual} at {at:u}: {error}");
                decided.UnionWith(reasons);
                _ = actual ? accepted++ : refused++;
            }
        }

        Assert.True(accepted > 50 && refused > 50, $"{accepted} accepted, {refused} refused: the run is one-sided");
        Assert.Equal(s_stricter.Select(r => r.Name).Order(StringComparer.Ordinal), decided.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void AcceptsAnEndThatIsNotSelfIssued_AsTheCallersQuestion()
    {
        var chain = new TestPki().Make().Certificates[..2];

        Assert.False(EndsInARoot(chain));
        Assert.True(LibraryAccepts(chain, TestPki.Noon, out _));
    }

    private static bool EndsInARoot(byte[][] chain) =>
        FrameworkChain.TryLoad(chain[^1]) is { } last && last.SubjectName.RawData.AsSpan().SequenceEqual(last.IssuerName.RawData);

    private static IEnumerable<byte[][]> Chains()
    {
        // The PCK hierarchy serves as any other: what Intel's names mean, this chain check does not know.
        var pki = new TestPki();
        var good = pki.Make().Certificates;
        var (leaf, ca, root) = (good[0], good[1], good[2]);
        var other = new TestPki().Make().Certificates;
        var foreign = new X509Extension("1.2.3.4", [5, 0], critical: true);
        var plain = new X509Extension("1.2.3.4", [5, 0], critical: false);
        var inhibit = new X509Extension("2.5.29.36", [0x30, 0x03, 0x80, 0x01, 0x05], critical: true);
        byte[][][] chains =
        [
            good, [leaf], [root], [leaf, ca], [leaf, root], [ca, root], [root, ca, leaf], [ca, leaf, root], [leaf, root, ca], [leaf, ca, root, root],
            [leaf, leaf, ca, root], [other[0], ca, root], [leaf, other[1], root], [leaf, ca, other[2]], [leaf, ca, ca, root],
            [leaf, ca, .. Enumerable.Repeat(root, 8)],
        ];
        foreach (var chain in chains)
        {
            yield return chain;
        }

        foreach (var (l, c) in new (TestPki.Shape?, TestPki.Shape?)[]
        {
            (new() { IsCa = true }, null), (new() { IsCa = true, Usage = X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign }, null),
            (new() { OmitBasicConstraints = true }, null), (new() { OmitUsage = true }, null), (new() { Usage = X509KeyUsageFlags.NonRepudiation }, null),
            (new() { Extra = foreign }, null), (new() { Extra = plain }, null), (new() { Extra = inhibit }, null), (null, new() { Extra = inhibit }),
            (new() { Curve = ECCurve.NamedCurves.nistP384 }, null), (new() { SignedByStranger = true }, null),
            (null, new() { Curve = ECCurve.NamedCurves.nistP384 }), (null, new() { SignedByStranger = true }), (null, new() { IsCa = false }),
            (null, new() { OmitBasicConstraints = true }), (null, new() { OmitUsage = true }), (null, new() { Usage = X509KeyUsageFlags.CrlSign }),
            (null, new() { PathLength = 0 }), (null, new() { Extra = foreign }), (null, new() { NotAfter = TestPki.Noon.AddDays(-1) }),
            (new() { NotBefore = TestPki.Noon.AddDays(1) }, null),
        })
        {
            // A P-384 CA signs with SHA-384 below it: the schemes that the library knows tie hash and curve together.
            var below = c?.Curve.Oid.FriendlyName == ECCurve.NamedCurves.nistP384.Oid.FriendlyName && c is not null
                ? (l ?? new()) with { Hash = HashAlgorithmName.SHA384 } : l;
            yield return pki.Make(below, c).Certificates;
        }

        var random = new Random(20261123);
        for (var i = 0; i < 300; i++)
        {
            var changed = good.Select(c => (byte[])c.Clone()).ToArray();
            var at = random.Next(2);                                        // not the root: it is trusted by its bytes
            changed[at][random.Next(changed[at].Length)] ^= (byte)(1 << random.Next(8));
            yield return changed;
        }
    }

    private static IEnumerable<DateTimeOffset> InstantsAround(byte[][] chain)
    {
        var dates = new HashSet<DateTimeOffset>();
        foreach (var der in chain)
        {
            if (Certificate.TryParse(der, out var certificate, out _))
            {
                dates.UnionWith([certificate!.NotBefore, certificate.NotAfter]);
            }
        }

        return dates.SelectMany(d => new[] { d.AddSeconds(-1), d, d.AddMilliseconds(500), d.AddSeconds(1) }).Append(TestPki.Noon);
    }

    private static bool LibraryAccepts(byte[][] chain, DateTimeOffset at, out string error)
    {
        var certificates = new List<Certificate>();
        foreach (var der in chain)
        {
            if (!Certificate.TryParse(der, out var certificate, out error))
            {
                return false;
            }

            certificates.Add(certificate!);
        }

        var read = CertificateChain.TryRead(certificates, out error);
        error = read?.CheckValidity(at) ?? error;
        return read is not null && error.Length == 0;
    }

    private static bool IsSame(X509Certificate2 one, X509Certificate2 two) => one.RawDataMemory.Span.SequenceEqual(two.RawDataMemory.Span);

    private static X509BasicConstraintsExtension? BasicConstraints(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault();

    private static X509KeyUsageFlags? Usage(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault()?.KeyUsages;
}
