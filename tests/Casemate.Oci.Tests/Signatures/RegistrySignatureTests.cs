using System.Collections.Immutable;
using System.Security.Cryptography;
using Casemate.Oci.Signatures;
using Casemate.Oci.Tests.Registry;

namespace Casemate.Oci.Tests.Signatures;

/// <summary>Signatures in a registry, over its own interface.</summary>
public sealed class RegistrySignatureTests
{
    [Fact]
    public async Task AllForms_AreWritten_Found_AndAccepted()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var peer = new Peer();
        var repository = peer.Repository();
        var content = "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[]}"u8.ToArray();
        var image = Descriptor.Of(MediaTypes.Index, content);
        using (var stream = new MemoryStream(content))
        {
            await repository.WriteAsync(image, stream, cancel);
        }

        await repository.TagAsync(image, "1", cancel);
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = SigningKey.Parse(ecdsa.ExportPkcs8PrivateKeyPem());
        var signer = new ImageSigner(repository, repository);
        var named = CosignPayload.RepositoryOf(repository.Reference);
        var payload = new CosignPayload(named, image.Digest, ImmutableSortedDictionary<string, string>.Empty);
        await signer.SignAsync(payload, key, cancel);
        await signer.SignBundleAsync(image, key, cancel);
        await signer.SignAsReferrerAsync(image, payload, key, cancel);

        var policy = SignaturePolicy.ForKey(key.PublicKey) with { Repository = named };
        var found = await new ImageVerifier(peer.Repository(), policy).VerifyAsync(await peer.Repository().ResolveAsync(null, cancel), cancel);
        Assert.Equal(3, found.Verdicts.Length);
        Assert.All(found.Verdicts, verdict => Assert.True(verdict.Accepted));
        Assert.Contains($"sha256-{image.Digest.Hex}.sig", await peer.Repository().TagsAsync(cancel));
    }
}
