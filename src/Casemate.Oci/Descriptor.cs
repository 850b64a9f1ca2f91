namespace Casemate.Oci;

/// <summary>
/// A pointer to some content: what it is, its digest and its size. Whoever follows it checks both.
/// Source: OCI Image Format Specification 1.1, descriptor.md.
/// </summary>
/// <param name="MediaType">What the content is; one of <see cref="MediaTypes"/> or any other media type.</param>
/// <param name="Digest">The digest of the content.</param>
/// <param name="Size">The size of the content in bytes, not negative.</param>
public sealed record Descriptor(string MediaType, Digest Digest, long Size)
{
    private static readonly IReadOnlyDictionary<string, string> s_none = new Dictionary<string, string>();

    /// <summary>What the image runs on; null where the descriptor does not say.</summary>
    public Platform? Platform { get; init; }

    /// <summary>The kind of artifact that a manifest holds; null for an ordinary image.</summary>
    public string? ArtifactType { get; init; }

    /// <summary>Annotations; empty where there are none.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = s_none;

    /// <summary>The descriptor of <paramref name="content"/>.</summary>
    public static Descriptor Of(string mediaType, ReadOnlySpan<byte> content) => new(mediaType, Digest.Of(content), content.Length);

    /// <summary>True when both point to the same content, whatever else they say about it.</summary>
    public bool SameContent(Descriptor other) => Digest == other.Digest && Size == other.Size;
}
