using System.Collections.Immutable;
using Casemate.Oci.Documents;

namespace Casemate.Oci.Signatures;

/// <summary>
/// Finds the signatures of an image, in every form in which they are kept, and verifies them. The place where they are kept is not
/// trusted: what a signature is about is what its signed document says.
/// </summary>
/// <param name="source">Where image and signatures are kept.</param>
/// <param name="policy">What is accepted.</param>
/// <param name="limits">What is read at most; null for <see cref="OciLimits.Default"/>.</param>
public sealed class ImageVerifier(IImageSource source, SignaturePolicy policy, OciLimits? limits = null)
{
    private readonly OciLimits _limits = limits ?? OciLimits.Default;

    /// <summary>Verifies the signatures that are kept beside an image.</summary>
    /// <param name="image">The manifest or index.</param>
    /// <param name="cancel">Ends the work.</param>
    /// <exception cref="OciException">The place cannot be read, or holds more signatures than are looked at.</exception>
    public async Task<ImageSignatures> VerifyAsync(Descriptor image, CancellationToken cancel)
    {
        var verdicts = ImmutableArray.CreateBuilder<SignatureVerdict>();
        if (image.Digest.Algorithm == "sha256")
        {
            await ReadAsync(
                SignatureForm.Cosign, SignatureStore.TagOf(image.Digest), verdicts, image,
                async () => await SignatureStore.FindAsync(source, SignatureStore.TagOf(image.Digest), _limits, cancel).ConfigureAwait(false), cancel)
                .ConfigureAwait(false);
        }

        var referrers = await source.ReferrersAsync(image.Digest, null, cancel).ConfigureAwait(false);
        foreach (var referrer in referrers)
        {
            var isBundle = SigstoreBundle.IsMediaType(referrer.ArtifactType);
            if (isBundle || referrer.ArtifactType == SignatureStore.CosignArtifact)
            {
                await ReadAsync(
                    isBundle ? SignatureForm.Bundle : SignatureForm.Cosign, referrer.Digest.Text, verdicts, image,
                    async () => await SignatureStore.ReadAsync(source, referrer, _limits, cancel).ConfigureAwait(false), cancel)
                    .ConfigureAwait(false);
            }
        }

        return new ImageSignatures(image.Digest, verdicts.ToImmutable());
    }

    private async Task ReadAsync(
        SignatureForm form, string where, ImmutableArray<SignatureVerdict>.Builder verdicts, Descriptor image,
        Func<Task<ImageManifest?>> find, CancellationToken cancel)
    {
        ImageManifest? found;
        try
        {
            found = await find().ConfigureAwait(false);
        }
        catch (OciException e) when (IsAboutContent(e))
        {
            verdicts.Add(Unreadable(form, where, e));
            return;
        }

        foreach (var layer in found?.Layers ?? [])
        {
            var isBundle = SigstoreBundle.IsMediaType(layer.MediaType);
            if (!isBundle && layer.MediaType != CosignPayload.MediaType)
            {
                continue;
            }

            if (verdicts.Count == SignatureLimits.MaxSignatures)
            {
                throw new OciException(
                    OciError.LimitExceeded, $"{Quoted.Of(source.Name)}@{image.Digest} has more than {SignatureLimits.MaxSignatures:N0} signatures",
                    "Name the signature with --bundle, or remove those that are not wanted.");
            }

            try
            {
                var maximum = isBundle ? SignatureLimits.MaxDocumentBytes : SignatureLimits.MaxPayloadBytes;
                var content = await SignatureStore.ContentAsync(source, layer, maximum, cancel).ConfigureAwait(false);
                verdicts.Add(isBundle
                    ? SignatureVerifier.VerifyBundle(content, layer.Digest.Text, image.Digest, policy)
                    : SignatureVerifier.VerifyCosign(new CosignSignature(content, layer.Annotations), layer.Digest.Text, image.Digest, policy));
            }
            catch (OciException e) when (IsAboutContent(e))
            {
                verdicts.Add(Unreadable(isBundle ? SignatureForm.Bundle : SignatureForm.Cosign, layer.Digest.Text, e));
            }
        }
    }

    // One damaged signature must not hide a good one; a place that cannot be reached is another matter.
    private static bool IsAboutContent(OciException e) =>
        e.Error is OciError.MalformedDocument or OciError.LimitExceeded or OciError.DigestMismatch or OciError.NotFound;

    private static SignatureVerdict Unreadable(SignatureForm form, string where, OciException e) =>
        new(form, where, [new SignatureCheck(SignatureCheckId.Format, SignatureCheckOutcome.Failed, "a signature that can be read", Quoted.Of(e.Message))]);
}
