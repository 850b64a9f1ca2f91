using Casemate.Oci.Layout;

namespace Casemate.Cli.Image;

/// <summary>A docker archive that is written needs a name for its image: <c>docker load</c> shows one without as &lt;none&gt;.</summary>
internal static class DockerArchiveName
{
    /// <summary>Refuses a docker archive without a name.</summary>
    /// <exception cref="CliException">It has none.</exception>
    public static ImageLocation Require(ImageLocation location) =>
        location is { Transport: ImageTransport.DockerArchive, TagOrDigest: null }
            ? throw CliException.Usage($"'{location}' has no name for the image", $"Write it behind the file: {location}:NAME:TAG.")
            : location;
}
