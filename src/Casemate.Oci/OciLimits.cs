namespace Casemate.Oci;

/// <summary>What is read of an image at most. All sizes are in bytes; each default is far above what real images need.</summary>
public sealed record OciLimits
{
    /// <summary>The limits that hold unless others are given.</summary>
    public static OciLimits Default { get; } = new();

    /// <summary>The size of a manifest or an index: 4 MiB, which is also what registries accept.</summary>
    public int MaxManifestBytes { get; init; } = 4 << 20;

    /// <summary>The size of an image configuration: 8 MiB.</summary>
    public int MaxConfigBytes { get; init; } = 8 << 20;

    /// <summary>The size of one blob as it is stored, compressed or not: 32 GiB.</summary>
    public long MaxBlobBytes { get; init; } = 32L << 30;

    /// <summary>The layers of one image: 512.</summary>
    public int MaxLayers { get; init; } = 512;

    /// <summary>The manifests that one index lists: 1,000.</summary>
    public int MaxIndexEntries { get; init; } = 1_000;

    /// <summary>What one layer may hold after decompression: 64 GiB.</summary>
    public long MaxUnpackedBytes { get; init; } = 64L << 30;

    /// <summary>How much larger than its compressed form a layer may become: 1,100 times (gzip's own bound is about 1,032).</summary>
    public int MaxCompressionRatio { get; init; } = 1_100;

    /// <summary>The entries of one layer: 2,000,000.</summary>
    public int MaxLayerEntries { get; init; } = 2_000_000;

    /// <summary>What paths, link targets and extended attributes of one image's files may take together: 512 MiB.</summary>
    public long MaxTreeBytes { get; init; } = 512L << 20;
}
