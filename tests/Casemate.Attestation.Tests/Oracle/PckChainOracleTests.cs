using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Policy;
using Casemate.Simulator;
using Casemate.Simulator.Dcap;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Oracle;

/// <summary>
/// The check of the PCK chain against a second, slower one on <see cref="X509Chain"/>: real chains, simulated ones, and thousands of
/// wrong ones get the same answer, but for the rules that <see cref="PckOracle.Stricter"/> names.
/// </summary>
public sealed class PckChainOracleTests
{
    private static readonly HashSet<CheckId> s_ofTheChain =
    [
        CheckId.EvidenceFormat, CheckId.TrustRoot, CheckId.PckChain, CheckId.PckChainValidity, CheckId.RootCrl, CheckId.RootCrlFreshness, CheckId.PckCrl,
        CheckId.PckCrlFreshness, CheckId.PckCaNotRevoked, CheckId.PckNotRevoked,
    ];

    private static readonly Lazy<TestPki> s_pki = new(() => new TestPki());

    public static TheoryData<string> RealQuotes => [.. CorpusCase.OfKind("sgx-quote", "tdx-quote").Select(c => c.Id)];

    [Theory]
    [MemberData(nameof(RealQuotes))]
    public void Agrees_OnRealChains_AroundEveryDate(string id)
    {
        var item = CorpusCase.Get(id);
        if (Of(item.Quote, item.DcapCollateral(), PinnedRoots.IntelSgxRootCa.ToArray(), item.VerifyAt) is not { } input)
        {
            // No chain in the quote: the library has nothing to accept.
            Assert.False(Accepts(item.Quote, item.DcapCollateral(), TrustRoots.Production, item.VerifyAt));
            return;
        }

        var oracle = new PckOracle();
        foreach (var at in InstantsAround(input))
        {
            AssertSame(oracle, input with { At = at }, TrustRoots.Production);
        }
    }

    [Fact]
    public void Agrees_OnSimulatedChains_AroundEveryDate()
    {
        var oracle = new PckOracle();
        var accepted = 0;
        foreach (var dcap in Scenarios())
        {
            var input = Of(dcap.QuoteSgx(new() { MrEnclave = new byte[32] }, new byte[64]), dcap.Collateral(Tee.Sgx, Simulated.Noon), dcap.RootCaDer, Simulated.Noon)!;
            foreach (var at in InstantsAround(input))
            {
                accepted += AssertSame(oracle, input with { At = at }, Simulated.Roots) ? 1 : 0;
            }
        }

        Assert.True(accepted > 10, $"only {accepted} accepted");
    }

    [Fact]
    public void Agrees_OnEveryWrongChain_AndNamesWhereItIsStricter()
    {
        var oracle = new PckOracle();
        var roots = TrustRoots.None.AllowSimulatedSgxRoot(s_pki.Value.Root);
        var (accepted, refused) = (0, 0);
        foreach (var input in WrongInputs())
        {
            foreach (var at in InstantsAround(input))
            {
                _ = AssertSame(oracle, input with { At = at }, roots) ? accepted++ : refused++;
            }
        }

        Assert.True(accepted > 50 && refused > 500, $"{accepted} accepted, {refused} refused: the run is one-sided");
        Assert.Equal(PckOracle.Stricter.Select(rule => rule.Name).Order(StringComparer.Ordinal), oracle.Decided.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Agrees_OnRandomMutations()
    {
        var random = new Random(20261121);
        var oracle = new PckOracle();
        var roots = TrustRoots.None.AllowSimulatedSgxRoot(s_pki.Value.Root);
        PckInput[] seeds = [s_pki.Value.Make(), s_pki.Value.Make(), s_pki.Value.Make(revokedByCa: [9]), s_pki.Value.Make(ca: new() { PathLength = 0 })];
        var accepted = 0;
        for (var i = 0; i < 3_000; i++)
        {
            var input = Mutate(seeds[random.Next(seeds.Length)], seeds, random);
            accepted += AssertSame(oracle, input, roots) ? 1 : 0;
        }

        Assert.InRange(accepted, 100, 2_000);
    }

    private static IEnumerable<SimulatedDcap> Scenarios()
    {
        yield return Simulated.Dcap;
        yield return Simulated.Dcap.With(s => s with { Machine = s.Machine with { PlatformCa = false } });
        foreach (var certificate in Enum.GetValues<DcapCertificate>())
        {
            // The signer of collateral is no member of the PCK chain: its revocation must not matter here.
            yield return Simulated.Dcap.With(s => s with { Revoked = [certificate] });
        }

        yield return Simulated.Dcap.With(s => s with { Signers = s.Signers with { Pck = Simulator.Pki.SignedBy.Stranger } });
        yield return Simulated.Dcap.With(s => s with { Signers = s.Signers with { PckCa = Simulator.Pki.SignedBy.Stranger } });
        yield return Simulated.Dcap.With(s => s with { Signers = s.Signers with { RootCrl = Simulator.Pki.SignedBy.Stranger } });
        yield return Simulated.Dcap.With(s => s with { Signers = s.Signers with { PckCrl = Simulator.Pki.SignedBy.Stranger } });
        yield return Simulated.Dcap.With(s => s with { PckCrl = new() { OmitCrlNumber = true } });
        yield return Simulated.Dcap.With(s => s with { RootCrl = new() { OmitAuthorityKeyIdentifier = true } });
        yield return Simulated.Dcap.With(s => s with { RootCrl = new() { IssuerCommonName = "Another" } });
        yield return Simulated.Dcap.With(s => s with { Certificates = new() { PckCa = new() { IsCertificateAuthority = false } } });
        yield return Simulated.Dcap.With(s => s with { Certificates = new() { Pck = new() { NotAfter = Simulated.Noon.AddHours(1).AddTicks(-(Simulated.Noon.Ticks % TimeSpan.TicksPerSecond)) } } });
        yield return Simulated.Dcap.With(s => s with { Certificates = new() { Pck = new() { AddedExtensions = [new("1.2.3.4", true, [5, 0])] } } });
    }

    private static IEnumerable<PckInput> WrongInputs()
    {
        var pki = s_pki.Value;
        var good = pki.Make();
        var other = new TestPki().Make();
        var foreign = new X509Extension("1.2.3.4", [5, 0], critical: true);
        var plain = new X509Extension("1.2.3.4", [5, 0], critical: false);
        var names = new X509Extension("2.5.29.30", [0x30, 0x0A, 0xA0, 0x08, 0x30, 0x06, 0x82, 0x04, (byte)'a', (byte)'.', (byte)'d', (byte)'e'], critical: true);
        var keys = new X509Extension(new X509EnhancedKeyUsageExtension([new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.1")], critical: true), critical: true);
        var (leaf, ca, root) = (good.Certificates[0], good.Certificates[1], good.Certificates[2]);

        yield return good;
        yield return good with { Certificates = [root, ca, leaf] };
        yield return good with { Certificates = [ca, root, leaf] };
        foreach (var certificates in new byte[][][]
        {
            [], [leaf], [leaf, ca], [leaf, root], [ca, root], [leaf, leaf, root], [leaf, ca, ca], [leaf, ca, root, root], [leaf, leaf, ca, root],
            [leaf, ca, root, other.Certificates[0]], [other.Certificates[0], ca, root], [leaf, other.Certificates[1], root],
            [leaf, ca, other.Certificates[2]], [leaf[..^1], ca, root], [[.. leaf, 0], ca, root],
        })
        {
            yield return good with { Certificates = certificates };
        }

        foreach (var (l, c) in new (TestPki.Shape?, TestPki.Shape?)[]
        {
            (new() { IsCa = true }, null), (new() { IsCa = true, Usage = X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign }, null),
            (new() { OmitBasicConstraints = true }, null), (new() { OmitUsage = true }, null),
            (new() { Usage = X509KeyUsageFlags.KeyCertSign }, null), (new() { Usage = X509KeyUsageFlags.NonRepudiation }, null),
            (new() { Usage = X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.NonRepudiation }, null),
            (new() { Extra = foreign }, null), (new() { Extra = plain }, null), (new() { Extra = keys }, null),
            (new() { Curve = ECCurve.NamedCurves.nistP384 }, null), (new() { Hash = HashAlgorithmName.SHA384 }, null),
            (new() { SignedByStranger = true }, null), (new() { Name = "Intel SGX PCK Certificate 2" }, null),
            (new() { NotAfter = TestPki.Noon.AddDays(-1) }, null), (new() { NotBefore = TestPki.Noon.AddDays(1) }, null),
            (null, new() { IsCa = false }), (null, new() { OmitBasicConstraints = true }), (null, new() { OmitUsage = true }),
            (null, new() { Usage = X509KeyUsageFlags.CrlSign }), (null, new() { Usage = X509KeyUsageFlags.DigitalSignature }),
            (null, new() { Usage = X509KeyUsageFlags.KeyCertSign }), (null, new() { PathLength = 0 }), (null, new() { PathLength = 3 }),
            (null, new() { Extra = foreign }), (null, new() { Extra = plain }), (null, new() { Extra = names }),
            (null, new() { Curve = ECCurve.NamedCurves.nistP384 }), (null, new() { Hash = HashAlgorithmName.SHA512 }),
            (null, new() { SignedByStranger = true }), (null, new() { Name = "Intel SGX PCK Gadget CA" }),
            (null, new() { Name = "Intel SGX PCK Processor CA" }), (null, new() { Name = "Intel SGX Root CA" }),
            (null, new() { NotAfter = TestPki.Noon.AddDays(-1) }), (null, new() { NotBefore = TestPki.Noon.AddDays(1) }),
        })
        {
            yield return pki.Make(l, c);
        }

        // Each member on its issuer's list, and on the wrong list, where it does not matter.
        yield return pki.Make(revokedByCa: [3]);
        yield return pki.Make(revokedByRoot: [2]);
        yield return pki.Make(revokedByRoot: [1, 2, 3], revokedByCa: [3]);
        yield return pki.Make(revokedByRoot: [1, 3, 4], revokedByCa: [1, 2, 4]);
        yield return good with { RootCrl = good.PckCrl };
        yield return good with { PckCrl = good.RootCrl };
        yield return good with { RootCrl = other.RootCrl };
        yield return good with { PckCrl = other.PckCrl };
        yield return good with { PckCrl = [] };
        yield return good with { RootCrl = good.RootCrl[..^1] };
        yield return other with { PinnedRoot = good.PinnedRoot };
    }

    private static PckInput Mutate(PckInput input, PckInput[] seeds, Random random)
    {
        var certificates = input.Certificates.Select(c => (byte[])c.Clone()).ToList();
        var other = seeds[random.Next(seeds.Length)];
        switch (random.Next(9))
        {
            case 0 or 1:
                var victim = certificates[random.Next(certificates.Count)];
                victim[random.Next(victim.Length)] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                certificates.RemoveAt(random.Next(certificates.Count));
                break;
            case 3:
                certificates.Insert(random.Next(4), other.Certificates[random.Next(3)]);
                break;
            case 4:
                certificates[random.Next(3)] = other.Certificates[random.Next(3)];
                break;
            case 5:
                certificates = [.. certificates.OrderBy(_ => random.Next())];
                break;
            case 6:
                input = random.Next(2) == 0 ? input with { RootCrl = Flip(input.RootCrl, random) } : input with { PckCrl = Flip(input.PckCrl, random) };
                break;
            case 7:
                input = random.Next(2) == 0 ? input with { RootCrl = other.RootCrl } : input with { PckCrl = other.PckCrl };
                break;
            default:
                input = input with { At = TestPki.Noon.AddSeconds(random.Next(-20 * 86_400, 20 * 86_400)) };
                break;
        }

        return input with { Certificates = [.. certificates] };
    }

    private static byte[] Flip(byte[] bytes, Random random)
    {
        var copy = (byte[])bytes.Clone();
        copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
        return copy;
    }

    // A second and half a second before and after each date, and the date itself.
    private static IEnumerable<DateTimeOffset> InstantsAround(PckInput input)
    {
        var dates = new HashSet<DateTimeOffset>();
        foreach (var der in input.Certificates)
        {
            if (Certificate.TryParse(der, out var certificate, out _))
            {
                dates.UnionWith([certificate!.NotBefore, certificate.NotAfter]);
            }
        }

        foreach (var der in new[] { input.RootCrl, input.PckCrl })
        {
            if (CertificateRevocationList.TryParse(der, out var list, out _))
            {
                dates.UnionWith([list!.ThisUpdate, list.NextUpdate]);
            }
        }

        return dates.SelectMany(d => new[] { d.AddSeconds(-1), d.AddMilliseconds(-500), d, d.AddMilliseconds(500), d.AddSeconds(1) }).Append(input.At);
    }

    private static bool AssertSame(PckOracle oracle, PckInput input, TrustRoots roots)
    {
        var expected = oracle.Accepts(input);
        var (quote, collateral) = Carrier.Value;
        var actual = Accepts(
            WithChain(quote, Pem(input.Certificates)), collateral with { RootCaCrl = input.RootCrl, PckCrl = input.PckCrl }, roots, input.At,
            out var reasons);
        Assert.True(
            expected == actual,
            $"base library and named rules: {expected}, library: {actual} at {input.At:u}: {string.Join("; ", reasons.Select(r => $"{r.Id}: {r.Actual}"))}\n"
            + Encoding.ASCII.GetString(Pem(input.Certificates)));
        return actual;
    }

    private static readonly Lazy<(byte[] Quote, DcapCollateral Collateral)> Carrier = new(() =>
        (Simulated.Dcap.QuoteSgx(new() { MrEnclave = new byte[32] }, new byte[64]), Simulated.Dcap.Collateral(Tee.Sgx, Simulated.Noon)));

    private static bool Accepts(byte[] quote, DcapCollateral collateral, TrustRoots roots, DateTimeOffset at) =>
        Accepts(quote, collateral, roots, at, out _);

    private static bool Accepts(byte[] quote, DcapCollateral collateral, TrustRoots roots, DateTimeOffset at, out List<Check> reasons)
    {
        var verdict = QuoteVerifier.Verify(quote, collateral, roots, at, EvidencePolicy.EvidenceOnly);
        reasons = [.. verdict.Reasons.Where(c => s_ofTheChain.Contains(c.Id))];
        return reasons.Count == 0;
    }

    private static PckInput? Of(byte[] quote, DcapCollateral collateral, byte[] root, DateTimeOffset at)
    {
        Assert.Equal(QuoteError.None, Quote.TryRead(quote, out var parsed, out _));
        return PemCertificates.TryRead(parsed.CertificationData, out var certificates, out _)
            ? new PckInput([.. certificates.Select(c => c.Der.ToArray())], collateral.RootCaCrl.ToArray(), collateral.PckCrl.ToArray(), root, at)
            : null;
    }

    private static byte[] Pem(byte[][] certificates) =>
        Encoding.ASCII.GetBytes(string.Join('\n', certificates.Select(c => PemEncoding.WriteString("CERTIFICATE", c))));

    // No signature covers the certification data of a quote, so another chain can be put in place: version 3, two lengths.
    private static byte[] WithChain(byte[] quote, byte[] pem)
    {
        Assert.Equal(QuoteError.None, Quote.TryRead(quote, out var parsed, out _));
        Assert.Equal(3, parsed.Version);
        var head = quote.Length - parsed.TrailingBytes - parsed.CertificationData.Length;
        byte[] changed = [.. quote.AsSpan(0, head), .. pem];
        BinaryPrimitives.WriteInt32LittleEndian(changed.AsSpan(432), changed.Length - 436);
        BinaryPrimitives.WriteInt32LittleEndian(changed.AsSpan(head - 4), pem.Length);
        return changed;
    }
}
