using Casemate.Oci;
using Casemate.Oci.Layout;

namespace Casemate.Cli.Image;

/// <summary>Names that can only mean a registry: a file or directory that is called the same does not count.</summary>
internal static class RegistryName
{
    private const string Prefix = "docker://";

    /// <summary>Reads a reference, with or without <c>docker://</c>.</summary>
    /// <exception cref="OciException"><see cref="OciError.InvalidReference"/>: it is none.</exception>
    public static ImageLocation Parse(string text) =>
        ImageLocation.Of(ImageReference.Parse(text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..] : text));
}
