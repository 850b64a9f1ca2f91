using Casemate.Images.Packing;

namespace Casemate.Images.Sbom;

/// <summary>A file of an image as its SBOM lists it.</summary>
/// <param name="Packed">The file.</param>
/// <param name="Sha1">SHA-1 as 40 lower-case hexadecimal digits: SPDX 2.3 (8.4) asks for it, and for nothing else.</param>
internal sealed record SpdxFile(PackedFile Packed, string Sha1)
{
    /// <summary>The identifier inside the document; made of the path, so that it stays when other files come and go.</summary>
    public string Id { get; } = "SPDXRef-File-" + SpdxText.Short(Packed.Path);
}
