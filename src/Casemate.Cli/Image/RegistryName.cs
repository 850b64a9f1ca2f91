using Casemate.Oci;
using Casemate.Oci.Layout;

namespace Casemate.Cli.Image;

/// <summary>Names that can only mean a registry: a file or directory that is called the same does not count.</summary>
internal static class RegistryName
{
    private const string Prefix = "docker://";

    private static readonly string[] s_places = ["oci:", "oci-archive:", "docker-archive:"];

    /// <summary>Reads a reference, with or without <c>docker://</c>.</summary>
    /// <exception cref="OciException"><see cref="OciError.InvalidReference"/>: it is none.</exception>
    /// <exception cref="CliException">It names a place on this machine.</exception>
    public static ImageLocation Parse(string text)
    {
        if (text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return ImageLocation.Of(ImageReference.Parse(text[Prefix.Length..]));
        }

        return s_places.Any(place => text.StartsWith(place, StringComparison.Ordinal))
            ? throw CliException.Usage(
                $"'{text}' is a place on this machine, and a name in a registry is wanted",
                "Between places on this machine use 'casemate image copy'.")
            : ImageLocation.Of(ImageReference.Parse(text));
    }
}
