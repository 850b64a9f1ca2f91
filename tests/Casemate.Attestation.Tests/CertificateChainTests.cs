using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Casemate.Attestation.Pki;

namespace Casemate.Attestation.Tests;

/// <summary>Chains of publishers and device makers: what is accepted, compared with the base library.</summary>
public sealed class CertificateChainTests
{
    public static TheoryData<string> Schemes => ["p256", "p384", "pkcs1-256", "pkcs1-384", "pkcs1-512", "pss-384"];

    [Theory]
    [MemberData(nameof(Schemes))]
    public void Accepts_ChainsOfEachScheme_AsTheBaseLibraryDoes(string scheme)
    {
        var chain = Make(scheme);

        var ours = Read(chain, out var error);

        Assert.Equal("", error);
        Assert.Equal(3, ours!.Certificates.Count);
        Assert.Equal(Simulated.Noon.AddYears(1), ours.NotAfter);
        Assert.True(BaseLibraryAccepts(chain));
    }

    [Theory]
    [InlineData("pss-256")]
    [InlineData("p256-384")]
    public void Refuses_SchemesThatAreNotKnown(string scheme)
    {
        Assert.Null(Read(Make(scheme), out var error));
        Assert.Contains("signature of certificate 1", error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Schemes))]
    public void Refuses_EveryFlippedBit(string scheme)
    {
        var chain = Make(scheme);
        for (var i = 0; i < 2; i++)
        {
            for (var at = 0; at < chain[i].Length; at += 5)
            {
                var changed = chain.Select(c => (byte[])c.Clone()).ToArray();
                changed[i][at] ^= (byte)(1 << (at & 7));
                Assert.True(Read(changed, out _) is null, $"{scheme}: byte {at} of certificate {i + 1} flipped, still accepted");
            }
        }
    }

    [Fact]
    public void Refuses_ChainsOfAnotherOrderOrLength()
    {
        var chain = Make("p384");
        Assert.Null(Read([chain[0]], out _));
        Assert.Null(Read([chain[0], chain[2]], out _));
        Assert.Null(Read([chain[0], chain[2], chain[1]], out _));
        Assert.Null(Read([chain[1], chain[0], chain[2]], out _));
        Assert.Null(Read([.. chain, .. chain, .. chain], out var error));
        Assert.Contains("2 to 8 are expected", error, StringComparison.Ordinal);
        Assert.NotNull(Read([chain[0], chain[1]], out _));
    }

    [Fact]
    public void Refuses_MoreCertificatesThanACaAllows()
    {
        Assert.Null(Read(Make("p256", rootPathLength: 0), out var error));
        Assert.Equal("more certificates stand below certificate 3 than it allows", error);
        Assert.False(BaseLibraryAccepts(Make("p256", rootPathLength: 0)));
        Assert.NotNull(Read(Make("p256", rootPathLength: 1), out _));
    }

    [Fact]
    public void Says_WhichCertificateIsOutsideItsValidity()
    {
        var chain = Read(Make("p256"), out _)!;

        Assert.Equal("", chain.CheckValidity(Simulated.Noon));
        Assert.StartsWith("Expired: certificate 1 ended", chain.CheckValidity(Simulated.Noon.AddYears(2)), StringComparison.Ordinal);
        Assert.StartsWith("NotYetValid: certificate 1 starts", chain.CheckValidity(Simulated.Noon.AddYears(-2)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.2.840.113549.1.1.1", "2A864886F70D010101")]
    [InlineData("2.23.133.5.4.1", "678105050401")]
    [InlineData("2.999.3", "883703")]
    [InlineData("0.0", "00")]
    [InlineData("1.3.9223372036854775727", "2BFFFFFFFFFFFFFFFF2F")]
    public void Encodes_ObjectIdentifiers(string text, string hex) =>
        Assert.Equal(Convert.FromHexString(hex), OidText.Encode(text));

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.")]
    [InlineData(".1")]
    [InlineData("3.1")]
    [InlineData("1.40")]
    [InlineData("1.01")]
    [InlineData("1.+2")]
    [InlineData("1.2.9223372036854775808")]
    [InlineData("1.2.99999999999999999999")]
    public void Refuses_OtherObjectIdentifiers(string text) => Assert.Empty(OidText.Encode(text));

    private static CertificateChain? Read(IEnumerable<byte[]> chain, out string error)
    {
        var certificates = new List<Certificate>();
        foreach (var der in chain)
        {
            if (!Certificate.TryParse(der, out var certificate, out error))
            {
                return null;
            }

            certificates.Add(certificate!);
        }

        return CertificateChain.TryRead(certificates, out error);
    }

    private static bool BaseLibraryAccepts(byte[][] ders)
    {
        var certificates = ders.Select(d => X509CertificateLoader.LoadCertificate(d)).ToArray();
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(certificates[^1]);
        chain.ChainPolicy.ExtraStore.AddRange(certificates);
        chain.ChainPolicy.VerificationTime = Simulated.Noon.UtcDateTime;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(certificates[0]);
    }

    // Leaf, CA below the root, root: one key for all three, names of their own.
    private static byte[][] Make(string scheme, int rootPathLength = 3)
    {
        using AsymmetricAlgorithm key = scheme[..2] switch
        {
            "p2" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
            "p3" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
            _ => RSA.Create(2048),
        };
        var hash = scheme[^1] switch { '6' => HashAlgorithmName.SHA256, '4' => HashAlgorithmName.SHA384, _ => HashAlgorithmName.SHA512 };
        var padding = scheme.StartsWith("pss", StringComparison.Ordinal) ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        var generator = key is RSA rsa
            ? X509SignatureGenerator.CreateForRSA(rsa, padding)
            : X509SignatureGenerator.CreateForECDsa((ECDsa)key);
        var names = new[] { "CN=Leaf", "CN=Middle", "CN=Root" }.Select(n => new X500DistinguishedName(n)).ToArray();
        return [.. Enumerable.Range(0, 3).Select(i =>
        {
            var request = new CertificateRequest(names[i], new PublicKey(key), hash, padding);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(i > 0, i == 2, i == 2 ? rootPathLength : 0, true));
            request.CertificateExtensions.Add(
                new X509KeyUsageExtension(i > 0 ? X509KeyUsageFlags.KeyCertSign : X509KeyUsageFlags.DigitalSignature, true));
            using var certificate = request.Create(
                names[Math.Min(i + 1, 2)], generator, Simulated.Noon.AddYears(-1), Simulated.Noon.AddYears(i + 1), [(byte)(i + 1)]);
            return certificate.RawData;
        })];
    }
}
