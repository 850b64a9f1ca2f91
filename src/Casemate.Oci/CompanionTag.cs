namespace Casemate.Oci;

/// <summary>
/// Tags under which cosign keeps what belongs to an image: <c>sha256-HEX.sig</c>, <c>.att</c>, <c>.sbom</c>. The distribution
/// specification lists referrers under the same name without an ending. Source: cosign, SIGNATURE_SPEC.md.
/// </summary>
internal static class CompanionTag
{
    private const string Prefix = "sha256-";

    private static readonly string[] s_endings = [".sig", ".att", ".sbom"];

    /// <summary>The tags that an image may have companions under; none where its digest is not SHA-256.</summary>
    public static IEnumerable<string> AllOf(Digest image) =>
        image.Algorithm == "sha256" ? s_endings.Select(ending => $"{Prefix}{image.Hex}{ending}") : [];

    /// <summary>True for a tag that names what belongs to an image, and not an image.</summary>
    public static bool Is(string? tag)
    {
        if (tag is null || !tag.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var ending = s_endings.FirstOrDefault(ending => tag.EndsWith(ending, StringComparison.Ordinal)) ?? "";
        return Digest.TryParse($"sha256:{tag[Prefix.Length..^ending.Length]}", out _);
    }
}
