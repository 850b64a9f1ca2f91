using Casemate.Oci.Zstandard;

namespace Casemate.Oci.Layers;

/// <summary>Finds out how a layer is compressed. The bytes decide, as they do for the container engines; a media type is a claim.</summary>
internal static class LayerCompressions
{
    /// <summary>The first bytes that are enough to decide.</summary>
    public const int MagicBytes = 4;

    /// <summary>The compression of a layer with these first bytes.</summary>
    public static LayerCompression Of(ReadOnlySpan<byte> first) => first switch
    {
        [0x1F, 0x8B, ..] => LayerCompression.Gzip,
        _ when ZstandardStream.IsMagic(first) => LayerCompression.Zstandard,
        _ => LayerCompression.None,
    };
}
