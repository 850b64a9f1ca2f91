using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Casemate.Oci.Signatures;

namespace Casemate.Oci.Tests.Signatures;

/// <summary>Signatures of identities, under an instance of sigstore that the tests run.</summary>
public sealed class CertifiedSignatureTests : IDisposable
{
    private static readonly byte[] s_manifest = "an image's manifest"u8.ToArray();
    private static readonly Digest s_image = Digest.Of(s_manifest);

    private readonly SigstoreInstance _sigstore = new();

    public void Dispose() => _sigstore.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ABundleOfEachVersion_IsAccepted(int version)
    {
        var verdict = Verify(_sigstore.Bundle(s_manifest, version));
        Assert.Empty(verdict.Reasons);
        Assert.True(verdict.Accepted);
        Assert.Equal("maker@example.org", verdict.Identity);
    }

    [Fact]
    public void AStatement_LoggedAsInToto_IsAccepted()
    {
        var verdict = Verify(_sigstore.StatementBundle(s_image));
        Assert.Empty(verdict.Reasons);
        Assert.True(verdict.Accepted);
    }

    [Fact]
    public void ASimpleSignature_WithCertificateAndPromise_IsAccepted()
    {
        var payload = Payload();
        var verdict = VerifyCosign(payload, _sigstore.Annotations(payload), _sigstore.Policy);
        Assert.Empty(verdict.Reasons);
        Assert.True(verdict.Accepted);
        Assert.Equal(SigstoreInstance.SignedAt.AddMinutes(1), verdict.SignedAt);
    }

    [Fact]
    public void ASimpleSignature_OfAKey_InALog_IsAccepted()
    {
        var payload = Payload();
        var verdict = VerifyCosign(
            payload, _sigstore.Annotations(payload, withCertificate: false), SignaturePolicy.ForKey(_sigstore.SignerKey, _sigstore.Root()));
        Assert.Empty(verdict.Reasons);
        Assert.True(verdict.Accepted);
    }

    [Fact]
    public void ALineBrokenSignature_IsRead()
    {
        var payload = Payload();
        var annotations = _sigstore.Annotations(payload);
        annotations[CosignSignature.SignatureAnnotation] = annotations[CosignSignature.SignatureAnnotation].Insert(40, "\n") + "\n";
        Assert.True(VerifyCosign(payload, annotations, _sigstore.Policy).Accepted);
    }

    [Theory]
    [InlineData("dev.sigstore.cosign/certificate")]
    [InlineData("dev.sigstore.cosign/bundle")]
    [InlineData("dev.cosignproject.cosign/signature")]
    public void ASimpleSignature_WithPartsOfAnother_IsRefused(string annotation)
    {
        var payload = Payload();
        var annotations = _sigstore.Annotations(payload);
        using var other = new SigstoreInstance();
        annotations[annotation] = other.Annotations(payload)[annotation];
        Assert.False(VerifyCosign(payload, annotations, _sigstore.Policy).Accepted);
    }

    /// <summary>The entry is genuine, and in the log; only it is about another signature.</summary>
    [Fact]
    public void AnEntryAboutAnotherSignature_IsRefused()
    {
        var payload = Payload();
        var annotations = _sigstore.Annotations(payload);
        annotations["dev.sigstore.cosign/bundle"] = _sigstore.Annotations("something else"u8.ToArray())["dev.sigstore.cosign/bundle"];
        Assert.Equal([SignatureCheckId.LogEntry], Reasons(VerifyCosign(payload, annotations, _sigstore.Policy)));
    }

    [Fact]
    public void ABundleOfVersion2_NeedsAnInclusionProof()
    {
        var bundle = PublishedSignatures.With(_sigstore.Bundle(s_manifest, 2), json =>
            ((JsonObject)json["verificationMaterial"]!["tlogEntries"]![0]!).Remove("inclusionProof"));
        Assert.Equal([SignatureCheckId.InclusionProof], Reasons(Verify(bundle)));
    }

    /// <summary>Newer logs promise nothing and say no time: an entry is then proved, and the time must come from elsewhere.</summary>
    [Fact]
    public void WithoutAPromise_AnEntryIsProved_ButNoTimeIsKnown()
    {
        var bundle = PublishedSignatures.With(_sigstore.Bundle(s_manifest), json =>
            ((JsonObject)json["verificationMaterial"]!["tlogEntries"]![0]!).Remove("inclusionPromise"));
        Assert.Equal([SignatureCheckId.SigningTime, SignatureCheckId.CertificateChain], Reasons(Verify(bundle)));
        Assert.True(SignatureVerifier.VerifyBundle(bundle, "test", s_image, SignaturePolicy.ForKey(_sigstore.SignerKey, _sigstore.Root())).Accepted);
    }

    [Fact]
    public void ASignature_LoggedAfterTheCertificateEnded_IsRefused()
    {
        _sigstore.LoggedAfter = TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1);
        Assert.Equal([SignatureCheckId.SigningTime, SignatureCheckId.CertificateChain], Reasons(Verify(_sigstore.Bundle(s_manifest))));
    }

    [Fact]
    public void ASignature_LoggedBeforeTheCertificateBegan_IsRefused()
    {
        _sigstore.LoggedAfter = TimeSpan.FromSeconds(-1);
        Assert.Equal([SignatureCheckId.SigningTime, SignatureCheckId.CertificateChain], Reasons(Verify(_sigstore.Bundle(s_manifest))));
    }

    [Fact]
    public void ACertificate_ThatNoLogPromisedToPublish_IsRefused()
    {
        _sigstore.Promised = false;
        Assert.Equal([SignatureCheckId.CertificateLog], Reasons(Verify(_sigstore.Bundle(s_manifest))));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("1.3.6.1.5.5.7.3.1")]
    [InlineData("2.5.29.37.0")]
    public void ACertificate_ForSomethingElse_IsRefused(string? usage)
    {
        _sigstore.Usage = usage;
        Assert.Equal([SignatureCheckId.CertificateChain], Reasons(Verify(_sigstore.Bundle(s_manifest))));
    }

    [Fact]
    public void ACertificateOfAnAuthority_IsRefused()
    {
        _sigstore.IsAuthority = true;
        Assert.Equal([SignatureCheckId.CertificateChain], Reasons(Verify(_sigstore.Bundle(s_manifest))));
    }

    [Fact]
    public void ACertificate_WithTwoIdentities_IsRefused()
    {
        _sigstore.SecondIdentity = "somebody@example.org";
        Assert.Equal([SignatureCheckId.CertificateIdentity], Reasons(Verify(_sigstore.Bundle(s_manifest))));
    }

    [Theory]
    [InlineData("https://issuer.example", "https://issuer.example", true)]
    [InlineData(null, "https://issuer.example", true)]
    [InlineData("https://issuer.example", "https://other.example", false)]
    [InlineData("https://other.example", "https://issuer.example", false)]
    [InlineData(null, null, false)]
    public void BothSpellingsOfTheIssuer_MustAgree(string? newer, string? older, bool accepted)
    {
        (_sigstore.Issuer, _sigstore.OlderIssuer) = (newer, older);
        var verdict = Verify(_sigstore.Bundle(s_manifest));
        Assert.Equal(accepted, verdict.Accepted);
        Assert.Equal(accepted ? [] : [SignatureCheckId.CertificateIssuer], Reasons(verdict));
    }

    [Fact]
    public void AnotherInstance_IsNotTrusted()
    {
        using var other = new SigstoreInstance();
        Assert.False(SignatureVerifier.VerifyBundle(other.Bundle(s_manifest), "test", s_image, _sigstore.Policy).Accepted);
        Assert.True(SignatureVerifier.VerifyBundle(other.Bundle(s_manifest), "test", s_image, other.Policy).Accepted);
    }

    [Fact]
    public void WithAKey_TheCertificateDoesNotMatter_ButTheKeyDoes()
    {
        _sigstore.Identity = "nobody@example.org";
        var bundle = _sigstore.Bundle(s_manifest);
        Assert.True(SignatureVerifier.VerifyBundle(bundle, "test", s_image, SignaturePolicy.ForKey(_sigstore.SignerKey, _sigstore.Root())).Accepted);
        Assert.True(SignatureVerifier.VerifyBundle(bundle, "test", s_image, SignaturePolicy.ForKey(_sigstore.SignerKey)).Accepted);
    }

    private static byte[] Payload() =>
        new CosignPayload("registry.example/team/app", s_image, ImmutableSortedDictionary<string, string>.Empty).Write();

    private SignatureVerdict Verify(byte[] bundle) => SignatureVerifier.VerifyBundle(bundle, "test", s_image, _sigstore.Policy);

    private static SignatureVerdict VerifyCosign(byte[] payload, Dictionary<string, string> annotations, SignaturePolicy policy) =>
        SignatureVerifier.VerifyCosign(new CosignSignature(payload, annotations), "test", s_image, policy);

    private static List<SignatureCheckId> Reasons(SignatureVerdict verdict) => [.. verdict.Reasons.Select(check => check.Id)];
}
