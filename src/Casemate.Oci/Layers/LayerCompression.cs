namespace Casemate.Oci.Layers;

/// <summary>How a layer is compressed.</summary>
internal enum LayerCompression
{
    /// <summary>Not at all, as far as its first bytes say.</summary>
    None = 0,

    /// <summary>With gzip, RFC 1952.</summary>
    Gzip,

    /// <summary>With Zstandard, RFC 8878; zstd:chunked is the same with a table of contents in a frame that is skipped.</summary>
    Zstandard,
}
