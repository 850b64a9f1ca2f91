namespace Casemate.Oci.Zstandard;

/// <summary>Why bytes cannot be decompressed. Closed: a new reason is a new member.</summary>
internal enum ZstandardError
{
    /// <summary>Where a frame must begin stands something else; also in what follows the last frame.</summary>
    NotAFrame = 1,

    /// <summary>The bytes end inside a frame, or there are none at all.</summary>
    Truncated,

    /// <summary>A frame's header has a bit or a size that the format does not allow.</summary>
    MalformedFrame,

    /// <summary>A block is not what the format asks for: its size, a table, a bit stream, a length or an offset.</summary>
    MalformedBlock,

    /// <summary>The frame needs more memory than is allowed.</summary>
    WindowTooLarge,

    /// <summary>The frame was made with a dictionary, which nobody has here.</summary>
    DictionaryRequired,

    /// <summary>The frame gives more or fewer bytes than its header promises.</summary>
    ContentSizeMismatch,

    /// <summary>The frame gives other bytes than those its checksum was made of.</summary>
    ChecksumMismatch,
}
