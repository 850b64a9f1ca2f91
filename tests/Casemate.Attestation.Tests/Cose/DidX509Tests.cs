using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Casemate.Attestation.Cose;
using Casemate.Attestation.Pki;

namespace Casemate.Attestation.Tests.Cose;

/// <summary>did:x509: which identifiers are read, and which certificates fit them.</summary>
public sealed class DidX509Tests
{
    private const string Fingerprint = "did:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s";

    private static readonly Lazy<CertificateChain> s_chain = new(() =>
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("images.example.org");
        names.AddEmailAddress("images@example.org");
        names.AddUri(new Uri("https://example.org/images"));
        var publisher = new ImagePublisher
        {
            Subject = "CN=Images \u00fcber alles, O=Casemate tests, OU=Unit 7, C=DE, L=Potsdam, S=Brandenburg",
            LeafExtensions = r =>
            {
                r.CertificateExtensions.Add(names.Build());
                r.CertificateExtensions.Add(
                    new X509EnhancedKeyUsageExtension([new System.Security.Cryptography.Oid(ImagePublisher.Purpose)], false));
            },
        };
        var certificates = publisher.Certificates().Select(der =>
        {
            Assert.True(Certificate.TryParse(der, out var certificate, out var error), error);
            return certificate!;
        }).ToList();
        var chain = CertificateChain.TryRead(certificates, out var chainError);
        Assert.Equal("", chainError);
        return chain!;
    });

    [Theory]
    [InlineData("::eku:1.3.6.1.4.1.311.76.59.1.2")]
    [InlineData("::subject:CN:Images%20%C3%BCber%20alles")]
    [InlineData("::subject:O:Casemate%20tests:OU:Unit%207:C:DE:L:Potsdam:ST:Brandenburg")]
    [InlineData("::subject:2.5.4.10:Casemate%20tests")]
    [InlineData("::san:dns:images.example.org")]
    [InlineData("::san:email:images%40example.org")]
    [InlineData("::san:uri:https%3A%2F%2Fexample.org%2Fimages")]
    [InlineData("::san:dns:images.example.org::eku:1.3.6.1.4.1.311.76.59.1.2::subject:C:DE")]
    public void Fits_TheCertificate(string predicates)
    {
        foreach (var hash in (HashAlgorithmName[])[HashAlgorithmName.SHA256, HashAlgorithmName.SHA384, HashAlgorithmName.SHA512])
        {
            var fingerprint = Base64Url.EncodeToString(CryptographicOperations.HashData(hash, s_chain.Value.Root.Der.Span));
            Assert.Equal("", Parse($"did:x509:0:{hash.Name!.ToLowerInvariant()}:{fingerprint}{predicates}").Check(s_chain.Value));
        }
    }

    [Theory]
    [InlineData("::eku:1.3.6.1.4.1.311.76.59.1", "eku")]
    [InlineData("::eku:1.3.6.1.4.1.311.76.59.1.2.0", "eku")]
    [InlineData("::subject:CN:Images", "subject")]
    [InlineData("::subject:O:casemate%20tests", "subject")]
    [InlineData("::subject:C:DE:O:Others", "subject")]
    [InlineData("::subject:STREET:x", "subject")]
    [InlineData("::san:dns:example.org", "san")]
    [InlineData("::san:email:images.example.org", "san")]
    [InlineData("::san:uri:images.example.org", "san")]
    [InlineData("::eku:1.3.6.1.4.1.311.76.59.1.2::san:dns:x", "san")]
    public void DoesNotFit_AnotherCertificate(string predicates, string name)
    {
        var fingerprint = Base64Url.EncodeToString(SHA256.HashData(s_chain.Value.Root.Der.Span));

        Assert.Equal(
            $"the signer's certificate does not have the identifier's {name}",
            Parse($"did:x509:0:sha256:{fingerprint}{predicates}").Check(s_chain.Value));
    }

    [Fact]
    public void DoesNotFit_AnotherCa() => Assert.Equal(
        "no CA of the chain has the identifier's fingerprint", Parse(Fingerprint + "::eku:" + ImagePublisher.Purpose).Check(s_chain.Value));

    [Fact]
    public void DoesNotFit_NamesWithOneAttributeTwice()
    {
        var publisher = new ImagePublisher { Subject = "CN=Images, OU=One, OU=Two" };
        var certificates = publisher.Certificates().Select(
            der => Certificate.TryParse(der, out var c, out _) ? c! : throw new InvalidDataException()).ToList();
        var chain = CertificateChain.TryRead(certificates, out _)!;
        var fingerprint = "did:x509:0:sha256:" + Base64Url.EncodeToString(SHA256.HashData(chain.Root.Der.Span));

        Assert.NotEqual("", Parse(fingerprint + "::subject:OU:One").Check(chain));
        Assert.Equal("", Parse(fingerprint + "::subject:CN:Images").Check(chain));
    }

    [Fact]
    public void Keeps_ItsText() => Assert.Equal(Fingerprint + "::eku:1.2", Parse(Fingerprint + "::eku:1.2").ToString());

    [Theory]
    [InlineData("")]
    [InlineData("did:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s")]                // no predicate
    [InlineData("did:x509:1:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s::eku:1.2")]
    [InlineData("DID:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s::eku:1.2")]
    [InlineData("did:x509:0:sha1:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s::eku:1.2")]
    [InlineData("did:x509:0:sha384:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s::eku:1.2")]       // 32 bytes
    [InlineData("did:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9t::eku:1.2")]       // bits that no byte uses
    [InlineData("did:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s=::eku:1.2")]
    [InlineData("did:x509:0:sha256::eku:1.2")]
    [InlineData("did:x509:0:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s::eku:1.2")]
    public void Refuses_OtherIdentifiers(string text) => AssertRefused(text);

    [Theory]
    [InlineData("::")]
    [InlineData("::eku")]
    [InlineData("::eku:")]
    [InlineData("::eku:1")]
    [InlineData("::eku:3.1")]
    [InlineData("::eku:1.40")]
    [InlineData("::eku:1.02")]
    [InlineData("::eku:1.2.x")]
    [InlineData("::eku:1.2:1.3")]
    [InlineData("::eku:1.2::")]
    [InlineData("::subject:CN")]
    [InlineData("::subject:CN:")]
    [InlineData("::subject:CN:a:O")]
    [InlineData("::subject:CN:a:CN:b")]
    [InlineData("::subject:CN:a:2.5.4.3:b")]
    [InlineData("::subject:XX:a")]
    [InlineData("::subject:CN:a b")]
    [InlineData("::subject:CN:a%2")]
    [InlineData("::subject:CN:a%zz")]
    [InlineData("::subject:CN:%FF")]
    [InlineData("::san:dns")]
    [InlineData("::san:ip:1.2.3.4")]
    [InlineData("::san:dns:a:b")]
    [InlineData("::san:dns:")]
    [InlineData("::fulcio-issuer:github.com")]
    [InlineData("::eku:1.2::eku:1.2::eku:1.2::eku:1.2::eku:1.2::eku:1.2::eku:1.2::eku:1.2::eku:1.2")]
    public void Refuses_OtherPredicates(string predicates) => AssertRefused(Fingerprint + predicates);

    [Fact]
    public void Refuses_IdentifiersBeyondTheLimit() => AssertRefused(Fingerprint + "::subject:CN:" + new string('a', DidX509.MaxLength));

    private static DidX509 Parse(string text)
    {
        Assert.True(DidX509.TryParse(text, out var did, out var error), error);
        return did;
    }

    private static void AssertRefused(string text)
    {
        Assert.False(DidX509.TryParse(text, out var did, out var error));
        Assert.Null(did);
        Assert.NotEmpty(error);
    }
}
