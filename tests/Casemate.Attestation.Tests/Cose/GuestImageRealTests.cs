using System.Security.Cryptography.X509Certificates;
using Casemate.Attestation.Cose;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Policy;
using Casemate.Primitives.Cose;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Cose;

/// <summary>A real endorsement, as it lies beside the utility VM of Azure Container Instances.</summary>
public sealed class GuestImageRealTests
{
    private const string Did = "did:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s::eku:1.3.6.1.4.1.311.76.59.1.2";
    private const string Feed = "ContainerPlat-AMD-UVM";

    private static readonly byte[] s_message = RealEvidence.UvmReferenceInfo;
    private static readonly DateTimeOffset s_shortlyAfter = new(2024, 11, 20, 0, 0, 0, TimeSpan.Zero);
    private static readonly GuestImagePolicy s_policy = new() { Signers = [new TrustedImageSigner(Did, Feed, 101)] };

    [Fact]
    public void Accepts_RealEndorsement()
    {
        var verdict = GuestImageVerifier.Verify(s_message, s_shortlyAfter, s_policy);

        Assert.Empty(verdict.Reasons);
        var endorsement = Assert.IsType<GuestImageEndorsement>(verdict.Endorsement);
        Assert.Equal(Did, endorsement.Issuer);
        Assert.Equal(Feed, endorsement.Feed);
        Assert.Equal(101, endorsement.Svn);
        Assert.Equal(
            "5feee30d6d7e1a29f403d70a4198237ddfb13051a2d6976439487c609388ed7f98189887920ab2fa0096903a0c23fca1",
            Convert.ToHexStringLower(endorsement.LaunchMeasurement));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1731561659), endorsement.SigningTime);
        Assert.Equal(2025, endorsement.CertificatesExpire.Year);
    }

    [Fact]
    public void Refuses_RealEndorsement_AfterItsCertificates_UnlessItsTimeIsBelieved()
    {
        var later = new DateTimeOffset(2026, 11, 18, 0, 0, 0, TimeSpan.Zero);

        var refused = GuestImageVerifier.Verify(s_message, later, s_policy);
        var believed = GuestImageVerifier.Verify(s_message, later, s_policy with { TrustClaimedSigningTime = true });

        Assert.Equal([CheckId.EndorsementChainValidity], refused.Reasons.Select(c => c.Id));
        Assert.True(believed.Accepted);
    }

    [Fact]
    public void Refuses_RealEndorsement_BelowTheSvnOfThePolicy()
    {
        var verdict = GuestImageVerifier.Verify(s_message, s_shortlyAfter, new GuestImagePolicy { Signers = [new(Did, Feed, 102)] });

        Assert.Equal([CheckId.EndorsementSvn], verdict.Reasons.Select(c => c.Id));
    }

    // Nothing of Casemate's own takes part but the bytes that are signed.
    [Fact]
    public async Task SignsTheBytes_ThatOpenSslVerifies()
    {
        using var folder = new TemporaryDirectory();
        Assert.True(CoseSign1.TryRead(s_message, out var message, out _));
        Assert.Equal(CoseAlgorithm.Ps384, message.Algorithm);
        await WriteAsync(folder, "leaf.der", message.CertificateChain[0].ToArray());
        await WriteAsync(folder, "signed", message.ToBeSigned());
        await WriteAsync(folder, "signature", message.Signature.ToArray());

        var key = await ChildProgram.RunAsync(
            "openssl", ["x509", "-inform", "DER", "-in", "leaf.der", "-pubkey", "-noout", "-out", "key.pem"], directory: folder.Path);
        var verified = await ChildProgram.RunAsync(
            "openssl",
            [
                "dgst", "-sha384", "-verify", "key.pem", "-signature", "signature", "-sigopt", "rsa_padding_mode:pss",
                "-sigopt", "rsa_pss_saltlen:48", "signed",
            ],
            directory: folder.Path);

        Assert.True(key.ExitCode == 0, key.Error);
        Assert.True(verified.ExitCode == 0, verified.Output + verified.Error);
        Assert.Contains("Verified OK", verified.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_TheRealChain_AsTheBaseLibraryDoes()
    {
        Assert.True(CoseSign1.TryRead(s_message, out var message, out _));
        var certificates = message.CertificateChain.Select(c =>
        {
            Assert.True(Certificate.TryParse(c.Span, out var certificate, out var error), error);
            return certificate!;
        }).ToList();

        Assert.NotNull(CertificateChain.TryRead(certificates, out _));
        using var chain = new X509Chain();
        using var leaf = X509CertificateLoader.LoadCertificate(message.CertificateChain[0].Span);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.VerificationTime = s_shortlyAfter.UtcDateTime;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        foreach (var other in message.CertificateChain.Skip(1))
        {
            var certificate = X509CertificateLoader.LoadCertificate(other.Span);
            chain.ChainPolicy.ExtraStore.Add(certificate);
            chain.ChainPolicy.CustomTrustStore.Add(certificate);
        }

        Assert.True(chain.Build(leaf), string.Join(", ", chain.ChainStatus.Select(s => s.StatusInformation)));
        Assert.Equal(certificates.Count, chain.ChainElements.Count);
    }

    private static Task WriteAsync(TemporaryDirectory folder, string name, byte[] bytes) =>
        File.WriteAllBytesAsync(Path.Combine(folder.Path, name), bytes, TestContext.Current.CancellationToken);
}
