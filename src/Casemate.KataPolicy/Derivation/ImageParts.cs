using Casemate.KataPolicy.Images;

namespace Casemate.KataPolicy.Derivation;

/// <summary>Binds a container to its image.</summary>
internal static class ImageParts
{
    public static ContainerImage? Of(ContainerSubject subject, ImageFacts? facts, DerivationOptions options)
    {
        if (subject.Profile.ImageForm is not { } form)
        {
            return null;
        }

        if (subject.IsPause && form is ImageForm.GuestPull)
        {
            // The guest's own, which its launch measurement binds.
            return new ContainerImage { Reference = subject.Profile.PauseImage, ManifestDigest = "", Form = form };
        }

        return facts is null
            ? null
            : new ContainerImage
            {
                Reference = facts.ByDigest,
                ManifestDigest = (facts.Reference.Digest ?? facts.ManifestDigest).Text,
                ConfigDigest = facts.ConfigDigest.Text,
                DiffIds = [.. facts.DiffIds.Select(digest => digest.Text)],
                Layers = form is ImageForm.GuestPull ? [] : [.. facts.Layers.Reverse()],
                Form = form,
                Signer = subject.IsPause ? null : options.Signer,
            };
    }
}
