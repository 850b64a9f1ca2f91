using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Casemate.Oci.Documents;
using Casemate.Oci.Signatures;
using Casemate.Testing;

namespace Casemate.Oci.Tests.Signatures;

/// <summary>Signatures beside images: added, found, verified.</summary>
public sealed class ImageSignatureTests : IDisposable
{
    private const string Repository = "registry.example/team/app";

    private readonly MemoryImages _images = new();
    private readonly SigningKey _key = NewKey();
    private readonly SigningKey _other = NewKey();
    private readonly Descriptor _image;

    public ImageSignatureTests() => _image = _images.Put(MediaTypes.Manifest, "an image's manifest"u8.ToArray());

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Tag => $"sha256-{_image.Digest.Hex}.sig";

    public void Dispose()
    {
        _key.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task ASignature_IsKeptAsCosignKeepsIt()
    {
        var (manifest, added) = await Signer.SignAsync(Payload(), _key, Cancel);

        Assert.True(added);
        Assert.Equal(manifest, _images.Tags[Tag]);
        var read = ImageManifest.Parse(_images.Content[manifest.Digest], "signature");
        var layer = Assert.Single(read.Layers);
        Assert.Equal("application/vnd.dev.cosign.simplesigning.v1+json", layer.MediaType);
        Assert.Equal(Payload().Write(), _images.Content[layer.Digest]);
        Assert.Equal(["dev.cosignproject.cosign/signature"], layer.Annotations.Keys);
        Assert.Equal(MediaTypes.Config, read.Config.MediaType);
        Assert.Equal(
            $$$"""{"architecture":"","created":"0001-01-01T00:00:00Z","history":[{"created":"0001-01-01T00:00:00Z"}],"os":"","rootfs":{"type":"layers","diff_ids":["{{{layer.Digest}}}"]},"config":{}}""",
            Encoding.UTF8.GetString(_images.Content[read.Config.Digest]));
    }

    [Fact]
    public async Task Openssl_VerifiesIt()
    {
        using var directory = new TemporaryDirectory();
        var (manifest, _) = await Signer.SignAsync(Payload(), _key, Cancel);
        var layer = ImageManifest.Parse(_images.Content[manifest.Digest], "signature").Layers[0];
        await File.WriteAllBytesAsync(directory.File("payload"), _images.Content[layer.Digest], Cancel);
        await File.WriteAllBytesAsync(
            directory.File("signature"), Convert.FromBase64String(layer.Annotations[CosignSignature.SignatureAnnotation]), Cancel);
        await File.WriteAllTextAsync(
            directory.File("key.pub"), PemEncoding.WriteString("PUBLIC KEY", _key.PublicKey.SubjectPublicKeyInfo.Span), Cancel);
        await KeyTests.OpensslAsync(
            "dgst", "-sha256", "-verify", directory.File("key.pub"), "-signature", directory.File("signature"), directory.File("payload"));
    }

    [Fact]
    public async Task IsAccepted_UnderItsKey_AndNoOther()
    {
        await Signer.SignAsync(Payload() with { Annotations = ImmutableSortedDictionary<string, string>.Empty.Add("build", "7") }, _key, Cancel);

        var verdict = Assert.Single((await VerifyAsync(_key)).Verdicts);
        Assert.True(verdict.Accepted);
        Assert.Equal("7", verdict.Annotations!["build"]);

        var refused = await VerifyAsync(_other);
        Assert.False(refused.Accepted);
        Assert.Equal(SignatureCheckId.Signature, Assert.Single(refused.Verdicts[0].Reasons).Id);
        Assert.Null(refused.Verdicts[0].Annotations);
    }

    [Fact]
    public async Task AnUnsignedImage_IsNotAccepted()
    {
        var found = await VerifyAsync(_key);
        Assert.Empty(found.Verdicts);
        Assert.False(found.Accepted);
    }

    [Fact]
    public async Task AFurtherSignature_KeepsThoseThatAreThere()
    {
        await Signer.SignAsync(Payload(), _key, Cancel);
        var before = ImageManifest.Parse(_images.Content[_images.Tags[Tag].Digest], "signature").Layers[0];
        await Signer.SignAsync(Payload(), _other, Cancel);

        var layers = ImageManifest.Parse(_images.Content[_images.Tags[Tag].Digest], "signature").Layers;
        Assert.Equal(2, layers.Count);
        Assert.Equal(before.Digest, layers[0].Digest);
        Assert.Equal(before.Annotations, layers[0].Annotations);
        Assert.True((await VerifyAsync(_key)).Accepted);
        Assert.True((await VerifyAsync(_other)).Accepted);
    }

    [Fact]
    public async Task AFurtherSignature_KeepsAnnotationsOfOthers()
    {
        var foreign = _images.Put(CosignPayload.MediaType, Payload().Write()) with
        {
            Annotations = new Dictionary<string, string> { [CosignSignature.SignatureAnnotation] = "AAAA", ["dev.sigstore.cosign/bundle"] = "{}" },
        };
        var config = _images.Put(MediaTypes.Config, "{}"u8.ToArray());
        var manifest = new ImageManifest { Config = config, Layers = [foreign], Annotations = new Dictionary<string, string> { ["a"] = "b" } };
        _images.Tags[Tag] = _images.Put(MediaTypes.Manifest, manifest.Write());
        await Signer.SignAsync(Payload(), _key, Cancel);

        var read = ImageManifest.Parse(_images.Content[_images.Tags[Tag].Digest], "signature");
        Assert.Equal("b", read.Annotations["a"]);
        Assert.Equal(foreign.Annotations, read.Layers[0].Annotations);
        Assert.True((await VerifyAsync(_key)).Accepted);
    }

    [Fact]
    public async Task TheSameSignatureAgain_ChangesNothing()
    {
        var (first, _) = await Signer.SignAsync(Payload(), _key, Cancel);
        var (second, added) = await Signer.SignAsync(Payload(), _key, Cancel);
        Assert.False(added);
        Assert.Equal(first.Digest, second.Digest);
    }

    [Fact]
    public async Task WhatTheTagNames_IsNotOverwritten_WhenItIsNoImage()
    {
        var index = new ImageIndex { Manifests = [] };
        _images.Tags[Tag] = _images.Put(MediaTypes.Index, index.Write());
        var failure = await Assert.ThrowsAsync<OciException>(() => Signer.SignAsync(Payload(), _key, Cancel));
        Assert.Equal(OciError.MalformedDocument, failure.Error);
    }

    [Fact]
    public async Task ABundle_RefersToTheImage_AndIsAccepted()
    {
        var manifest = await Signer.SignBundleAsync(_image, _key, Cancel);
        var read = ImageManifest.Parse(_images.Content[manifest.Digest], "bundle");
        Assert.Equal(_image.Digest, read.Subject!.Digest);
        Assert.Equal(SigstoreBundle.MediaTypeV03, read.ArtifactType);
        Assert.Equal("dsse-envelope", read.Annotations["dev.sigstore.bundle.content"]);
        Assert.Equal("https://sigstore.dev/cosign/sign/v1", read.Annotations["dev.sigstore.bundle.predicateType"]);

        Assert.True((await VerifyAsync(_key)).Accepted);
        Assert.Equal(SignatureForm.Bundle, Assert.Single((await VerifyAsync(_other)).Verdicts).Form);
        Assert.False((await VerifyAsync(_other)).Accepted);
    }

    [Fact]
    public async Task ASimpleSignature_MayReferToTheImage()
    {
        await Signer.SignAsReferrerAsync(_image, Payload(), _key, Cancel);
        Assert.Empty(_images.Tags);
        Assert.True((await VerifyAsync(_key)).Accepted);
        Assert.False((await VerifyAsync(_other)).Accepted);
    }

    /// <summary>Whoever can write to a registry can put the signatures of one image under the tag of another.</summary>
    [Fact]
    public async Task SignaturesOfAnotherImage_AreRefused_UnderTheTagOfThisOne()
    {
        var another = _images.Put(MediaTypes.Manifest, "another image's manifest"u8.ToArray());
        await Signer.SignAsync(Payload() with { ManifestDigest = another.Digest }, _key, Cancel);
        await Signer.SignBundleAsync(another, _key, Cancel);
        _images.Tags[Tag] = _images.Tags[$"sha256-{another.Digest.Hex}.sig"];
        _images.Referrers.Add((_image.Digest, _images.Referrers[0].Descriptor));

        var found = await VerifyAsync(_key);
        Assert.Equal(2, found.Verdicts.Length);
        Assert.False(found.Accepted);
        Assert.All(found.Verdicts, verdict => Assert.Equal([SignatureCheckId.Digest], verdict.Reasons.Select(check => check.Id)));
    }

    [Theory]
    [InlineData("registry.example/team/app", true)]
    [InlineData("registry.example/team/app:1.2", true)]
    [InlineData("registry.example/team/other", false)]
    [InlineData("other.example/team/app", false)]
    [InlineData("registry.example/team/app/", false)]
    public async Task TheRepository_MustBeTheExpectedOne(string signed, bool accepted)
    {
        await Signer.SignAsync(Payload() with { Reference = signed }, _key, Cancel);
        Assert.Equal(accepted, (await VerifyAsync(_key)).Accepted);
        var any = await new ImageVerifier(_images, SignaturePolicy.ForKey(_key.PublicKey)).VerifyAsync(_image, Cancel);
        Assert.True(any.Accepted);
    }

    [Fact]
    public async Task ADamagedSignature_DoesNotHideAGoodOne()
    {
        await Signer.SignAsync(Payload() with { Reference = "registry.example/team/app:damaged" }, _other, Cancel);
        var damaged = ImageManifest.Parse(_images.Content[_images.Tags[Tag].Digest], "signature").Layers[0];
        await Signer.SignAsync(Payload(), _key, Cancel);
        _images.Content[damaged.Digest] = new byte[damaged.Size];

        var found = await VerifyAsync(_key);
        Assert.True(found.Accepted);
        Assert.Equal(SignatureCheckId.Format, Assert.Single(found.Verdicts[0].Reasons).Id);
    }

    [Fact]
    public async Task AHugePayload_IsNotRead()
    {
        var huge = new Descriptor(CosignPayload.MediaType, Digest.Of("never read"u8), 1L << 40);
        var manifest = new ImageManifest { Config = _images.Put(MediaTypes.Config, "{}"u8.ToArray()), Layers = [huge] };
        _images.Tags[Tag] = _images.Put(MediaTypes.Manifest, manifest.Write());
        var check = Assert.Single(Assert.Single((await VerifyAsync(_key)).Verdicts).Reasons);
        Assert.Equal(SignatureCheckId.Format, check.Id);
    }

    [Fact]
    public async Task EveryByteOfAPayload_IsSigned()
    {
        var payload = Payload().Write();
        var signature = await _key.SignAsync(payload, Cancel);
        var annotations = new Dictionary<string, string> { [CosignSignature.SignatureAnnotation] = Convert.ToBase64String(signature) };
        for (var i = 0; i < payload.Length; i++)
        {
            payload[i] ^= 1;
            var verdict = SignatureVerifier.VerifyCosign(
                new CosignSignature(payload, annotations), "test", _image.Digest, SignaturePolicy.ForKey(_key.PublicKey));
            Assert.False(verdict.Accepted, $"byte {i}");
            payload[i] ^= 1;
        }
    }

    [Theory]
    [InlineData("dev.cosignproject.cosign/signature", "")]
    [InlineData("dev.cosignproject.cosign/signature", "not base64")]
    [InlineData("dev.sigstore.cosign/certificate", "no certificate")]
    [InlineData("dev.sigstore.cosign/certificate", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")]
    [InlineData("dev.sigstore.cosign/bundle", "[]")]
    [InlineData("dev.sigstore.cosign/bundle", """{"SignedEntryTimestamp":"AAAA","Payload":{"body":"AAAA","integratedTime":-1,"logIndex":1,"logID":"00"}}""")]
    [InlineData("dev.sigstore.cosign/rfc3161timestamp", "{}")]
    public void MalformedAnnotations_AreRefused(string name, string value)
    {
        var annotations = new Dictionary<string, string> { [CosignSignature.SignatureAnnotation] = "AAAA", [name] = value };
        var verdict = SignatureVerifier.VerifyCosign(
            new CosignSignature(Payload().Write(), annotations), "test", _image.Digest, SignaturePolicy.ForKey(_key.PublicKey));
        Assert.Equal(SignatureCheckId.Format, Assert.Single(verdict.Checks).Id);
        Assert.False(verdict.Accepted);
    }

    [Fact]
    public async Task ASignatureThatWasMadeElsewhere_IsAttached_WhenItIsGenuine()
    {
        var payload = Payload().Write();
        var signature = await _key.SignAsync(payload, Cancel);
        var before = _images.Content.Count;
        var failure = await Assert.ThrowsAsync<OciException>(() => Signer.AttachAsync(_image.Digest, payload, signature, _other.PublicKey, Cancel));
        Assert.Equal(OciError.SignatureInvalid, failure.Error);
        failure = await Assert.ThrowsAsync<OciException>(() => Signer.AttachAsync(Digest.Of("x"u8), payload, signature, _key.PublicKey, Cancel));
        Assert.Equal(OciError.SignatureInvalid, failure.Error);
        Assert.Equal(before, _images.Content.Count);

        await Signer.AttachAsync(_image.Digest, payload, signature, _key.PublicKey, Cancel);
        Assert.True((await VerifyAsync(_key)).Accepted);
    }

    [Fact]
    public async Task WithATrustedRoot_ASignatureOfAKey_MustBeInALog()
    {
        await Signer.SignAsync(Payload(), _key, Cancel);
        var policy = SignaturePolicy.ForKey(_key.PublicKey, PublishedSignatures.Root);
        var found = await new ImageVerifier(_images, policy).VerifyAsync(_image, Cancel);
        Assert.Equal(SignatureCheckId.LogEntry, Assert.Single(found.Verdicts[0].Reasons).Id);
    }

    [Fact]
    public async Task WithAnIdentity_ASignatureOfAKey_IsRefused()
    {
        await Signer.SignAsync(Payload(), _key, Cancel);
        var found = await new ImageVerifier(_images, PublishedSignatures.Policy).VerifyAsync(_image, Cancel);
        Assert.Equal(SignatureCheckId.CertificateChain, Assert.Single(found.Verdicts[0].Reasons).Id);
    }

    [Fact]
    public void AnEmptyVerdict_AcceptsNothing()
    {
        Assert.False(new SignatureVerdict(SignatureForm.Cosign, "test", []).Accepted);
        Assert.False(new ImageSignatures(_image.Digest, []).Accepted);
        Assert.False(new SignatureVerdict(
            SignatureForm.Cosign, "test", [new SignatureCheck(SignatureCheckId.Signature, SignatureCheckOutcome.Passed, "", "")]).Accepted);
    }

    private ImageSigner Signer => new(_images, _images);

    private CosignPayload Payload() => new(Repository, _image.Digest, ImmutableSortedDictionary<string, string>.Empty);

    private Task<ImageSignatures> VerifyAsync(SigningKey key) =>
        new ImageVerifier(_images, SignaturePolicy.ForKey(key.PublicKey) with { Repository = Repository }).VerifyAsync(_image, Cancel);

    private static SigningKey NewKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return SigningKey.Parse(key.ExportPkcs8PrivateKeyPem());
    }
}
