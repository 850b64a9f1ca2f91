namespace Casemate.KataPolicy.Layers;

/// <summary>Why a layer cannot become a block device. Closed: the names are public API.</summary>
public enum LayerError
{
    /// <summary>Nothing is wrong.</summary>
    None = 0,

    /// <summary>The tools that make the block device treat an entry in more ways than one, or refuse it: no root would be sure.</summary>
    UnsupportedEntry,

    /// <summary>The layer exceeds a limit of the block device's format, or of the memory that its directory may take.</summary>
    LimitExceeded,

    /// <summary>The device would be smaller than one block of 4096 bytes, which no root protects.</summary>
    TooSmall,
}
