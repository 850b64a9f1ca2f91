using Casemate.Images.Packing;

namespace Casemate.Images.Gramine;

/// <summary>Labels that a Gramine-based image has besides those of <see cref="ImageLabels"/>.</summary>
public static class GramineLabels
{
    /// <summary>The release of Gramine.</summary>
    public const string Release = ImageLabels.Prefix + "gramine.release";

    /// <summary>Which files are trusted: <c>minimal</c> or <c>full</c>.</summary>
    public const string TrustedFiles = ImageLabels.Prefix + "gramine.trusted-files";

    /// <summary>The digest of the image that was converted. Source: OCI Image Format Specification 1.1, annotations.md.</summary>
    public const string BaseDigest = "org.opencontainers.image.base.digest";
}
