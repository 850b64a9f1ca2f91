using Casemate.Oci.Documents;

namespace Casemate.Oci.Signatures;

/// <summary>
/// Signs images where they are kept: in a registry or a layout directory. Signatures that are there already stay. Two signers at the
/// same moment can still lose one of two signatures under a tag, since registries cannot compare before they write; manifests that
/// refer to the image do not have this problem.
/// </summary>
/// <param name="source">Where the image and its signatures are read.</param>
/// <param name="target">The same place, to write to.</param>
/// <param name="limits">What is read at most; null for <see cref="OciLimits.Default"/>.</param>
public sealed class ImageSigner(IImageSource source, IImageTarget target, OciLimits? limits = null)
{
    private const string ContentAnnotation = "dev.sigstore.bundle.content";
    private const string PredicateAnnotation = "dev.sigstore.bundle.predicateType";

    private readonly OciLimits _limits = limits ?? OciLimits.Default;

    /// <summary>Adds a simple signature under cosign's tag. A key that has signed the same payload already adds nothing.</summary>
    /// <param name="payload">What is signed; its digest is the image's.</param>
    /// <param name="signer">Who signs.</param>
    /// <param name="cancel">Ends the work.</param>
    /// <returns>The manifest that holds the signature, and whether it was added now.</returns>
    public async Task<(Descriptor Manifest, bool Added)> SignAsync(CosignPayload payload, ISignatureSigner signer, CancellationToken cancel)
    {
        var bytes = payload.Write();
        return await AttachAsync(
            payload.ManifestDigest, bytes, signer.PublicKey, async () => await signer.SignAsync(bytes, cancel).ConfigureAwait(false), cancel)
            .ConfigureAwait(false);
    }

    /// <summary>Adds a signature that was made elsewhere over a payload that was written before.</summary>
    /// <param name="image">The digest of the signed manifest or index.</param>
    /// <param name="payload">The payload, byte for byte as it was signed.</param>
    /// <param name="signature">The signature: DER for ECDSA.</param>
    /// <param name="key">The key that verifies it.</param>
    /// <param name="cancel">Ends the work.</param>
    /// <exception cref="OciException">
    /// <see cref="OciError.SignatureInvalid"/>: the payload is not about this image, or the signature is not the key's. Nothing was written.
    /// </exception>
    public async Task<(Descriptor Manifest, bool Added)> AttachAsync(
        Digest image, ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> signature, SignatureKey key, CancellationToken cancel)
    {
        if (!CosignPayload.TryRead(payload, out var read, out var problem) || read.ManifestDigest != image)
        {
            throw new OciException(
                OciError.SignatureInvalid, $"the payload is not one of {image}: {problem ?? $"it names {read!.ManifestDigest}"}",
                "Make it with --emit-payload for the same image.");
        }

        return await AttachAsync(image, payload.ToArray(), key, () => Task.FromResult(signature.ToArray()), cancel).ConfigureAwait(false);
    }

    /// <summary>Adds a sigstore bundle with a plain signature, in a manifest that refers to the image.</summary>
    /// <param name="image">The signed manifest or index.</param>
    /// <param name="signer">Who signs.</param>
    /// <param name="cancel">Ends the work.</param>
    public async Task<Descriptor> SignBundleAsync(Descriptor image, ISignatureSigner signer, CancellationToken cancel)
    {
        var statement = InTotoStatement.Write(image.Digest);
        var unsigned = new DsseEnvelope(statement, DsseEnvelope.InToto, default);
        var signature = await signer.SignAsync(unsigned.SignedBytes(), cancel).ConfigureAwait(false);
        RequireGenuine(signer.PublicKey, unsigned.SignedBytes(), signature);
        var bundle = SigstoreBundle.Write(unsigned with { Signature = signature }, signer.PublicKey);
        var layer = await SignatureStore.WriteAsync(target, SigstoreBundle.MediaTypeV03, bundle, cancel).ConfigureAwait(false);
        return await ReferAsync(image, SigstoreBundle.MediaTypeV03, [layer], new Dictionary<string, string>
        {
            [ContentAnnotation] = "dsse-envelope",
            [PredicateAnnotation] = InTotoStatement.CosignSign,
        }, cancel).ConfigureAwait(false);
    }

    /// <summary>Adds a simple signature in a manifest of its own that refers to the image.</summary>
    /// <param name="image">The signed manifest or index.</param>
    /// <param name="payload">What is signed; its digest is the image's.</param>
    /// <param name="signer">Who signs.</param>
    /// <param name="cancel">Ends the work.</param>
    public async Task<Descriptor> SignAsReferrerAsync(Descriptor image, CosignPayload payload, ISignatureSigner signer, CancellationToken cancel)
    {
        var bytes = payload.Write();
        var signature = await signer.SignAsync(bytes, cancel).ConfigureAwait(false);
        RequireGenuine(signer.PublicKey, bytes, signature);
        var layer = Layer(await SignatureStore.WriteAsync(target, CosignPayload.MediaType, bytes, cancel).ConfigureAwait(false), signature);
        return await ReferAsync(image, SignatureStore.CosignArtifact, [layer], new Dictionary<string, string>(), cancel).ConfigureAwait(false);
    }

    private async Task<(Descriptor Manifest, bool Added)> AttachAsync(
        Digest image, byte[] payload, SignatureKey key, Func<Task<byte[]>> sign, CancellationToken cancel)
    {
        var tag = SignatureStore.TagOf(image);
        var existing = await SignatureStore.FindAsync(source, tag, _limits, cancel).ConfigureAwait(false);
        var content = Digest.Of(payload);
        if (existing is not null && existing.Layers.Any(layer => layer.Digest == content && IsSigned(layer, payload, key)))
        {
            return (await source.ResolveAsync(tag, cancel).ConfigureAwait(false), false);
        }

        if (existing?.Layers.Count >= SignatureLimits.MaxSignatures)
        {
            throw new OciException(
                OciError.LimitExceeded, $"{image} has {existing.Layers.Count:N0} signatures already, and {SignatureLimits.MaxSignatures:N0} is the limit");
        }

        var signature = await sign().ConfigureAwait(false);
        RequireGenuine(key, payload, signature);
        var layer = Layer(await SignatureStore.WriteAsync(target, CosignPayload.MediaType, payload, cancel).ConfigureAwait(false), signature);
        IReadOnlyList<Descriptor> layers = [.. existing?.Layers ?? [], layer];
        var config = await SignatureStore.WriteAsync(target, MediaTypes.Config, SignatureStore.Config(layers), cancel).ConfigureAwait(false);
        var manifest = (existing ?? new ImageManifest { Config = config, Layers = layers }) with { Config = config, Layers = layers };
        var written = await SignatureStore.WriteAsync(target, manifest.MediaType, manifest.Write(), cancel).ConfigureAwait(false);
        await target.TagAsync(written, tag, cancel).ConfigureAwait(false);
        return (written, true);
    }

    private async Task<Descriptor> ReferAsync(
        Descriptor image, string artifactType, IReadOnlyList<Descriptor> layers, IReadOnlyDictionary<string, string> annotations, CancellationToken cancel)
    {
        var config = await SignatureStore.WriteAsync(target, MediaTypes.Empty, "{}"u8.ToArray(), cancel).ConfigureAwait(false);
        var manifest = new ImageManifest
        {
            ArtifactType = artifactType,
            Config = config,
            Layers = layers,
            Subject = new Descriptor(image.MediaType, image.Digest, image.Size),
            Annotations = annotations,
        };
        return await SignatureStore.WriteAsync(target, manifest.MediaType, manifest.Write(), cancel).ConfigureAwait(false);
    }

    private static Descriptor Layer(Descriptor payload, byte[] signature) => payload with
    {
        Annotations = new Dictionary<string, string> { [CosignSignature.SignatureAnnotation] = Convert.ToBase64String(signature) },
    };

    private static bool IsSigned(Descriptor layer, byte[] payload, SignatureKey key) =>
        new CosignSignature(payload, layer.Annotations).TryRead(out var material, out _) && key.Verify(payload, material.Signature);

    // A signer outside of this process may have had another key, or signed something else: better known now than by who verifies.
    private static void RequireGenuine(SignatureKey key, byte[] data, byte[] signature)
    {
        if (!key.Verify(data, signature))
        {
            throw new OciException(
                OciError.SignatureInvalid, "the signature is not the key's over the payload", "Sign the payload's bytes with SHA-256; ECDSA signatures are DER.");
        }
    }
}
