namespace Casemate.Measurement.Verity;

/// <summary>Why a dm-verity tree cannot be computed, read or believed. Closed: the names are public API.</summary>
public enum VerityError
{
    /// <summary>Nothing is wrong.</summary>
    None = 0,

    /// <summary>There is not one block of data, so there is nothing to protect.</summary>
    Empty,

    /// <summary>The data ends inside a block: the bytes behind the last whole block would not be covered by the root.</summary>
    PartialBlock,

    /// <summary>The data has fewer blocks than were asked for or than the superblock states.</summary>
    DataTooShort,

    /// <summary>A setting is out of its range: block size, salt, number of blocks, offset.</summary>
    InvalidOptions,

    /// <summary>The bytes are not a dm-verity superblock: another signature, or too few.</summary>
    NotASuperblock,

    /// <summary>The superblock is damaged: a field is out of range, or its padding is not zero.</summary>
    MalformedSuperblock,

    /// <summary>The superblock is well-formed and uses a version, hash type or algorithm that is not supported.</summary>
    Unsupported,

    /// <summary>The stored tree ends before its last block.</summary>
    TreeTooShort,

    /// <summary>A stored hash is not that of the data or of the level below it.</summary>
    TreeMismatch,

    /// <summary>Tree and data agree with each other, and not with the root that was expected.</summary>
    RootMismatch,

    /// <summary>A kernel command line does not say which root it protects, says it twice, or says it in a form that is not known.</summary>
    MalformedCommandLine,
}
