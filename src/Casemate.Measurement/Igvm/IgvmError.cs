namespace Casemate.Measurement.Igvm;

/// <summary>
/// Why a file is not an IGVM file that can be read or measured. Closed: a new reason is a new member, and its name is public API.
/// </summary>
public enum IgvmError
{
    /// <summary>Nothing is wrong.</summary>
    None = 0,

    /// <summary>The file does not begin with <c>IGVM</c>.</summary>
    NotIgvm,

    /// <summary>The version of the format is not 1.</summary>
    UnsupportedVersion,

    /// <summary>The fixed header's offsets and sizes do not fit the file.</summary>
    MalformedFixedHeader,

    /// <summary>The checksum over the headers is wrong: the file was damaged or changed by hand.</summary>
    WrongChecksum,

    /// <summary>There are more headers than <see cref="IgvmFile.MaxHeaders"/>.</summary>
    TooManyHeaders,

    /// <summary>A variable header is cut off, has another length than its type, or has a reserved field that is not zero.</summary>
    MalformedHeader,

    /// <summary>A header of a type that is not known and may not be skipped.</summary>
    UnknownHeader,

    /// <summary>A platform or initialization header stands behind headers of a later section.</summary>
    WrongOrder,

    /// <summary>A platform's compatibility mask is not one bit of its own.</summary>
    MalformedMask,

    /// <summary>A header points at data that is not in the file.</summary>
    DataOutOfRange,

    /// <summary>An address or size is not made of whole pages.</summary>
    Misaligned,

    /// <summary>A page of 2 MiB, or of a type that is not known.</summary>
    UnsupportedPage,

    /// <summary>A parameter area is declared twice.</summary>
    DuplicateParameterArea,

    /// <summary>A parameter area is inserted that was not declared, or was inserted before.</summary>
    UnknownParameterArea,

    /// <summary>The pages of all platforms together are more than <see cref="IgvmFile.MaxPages"/>.</summary>
    TooManyPages,

    /// <summary>The platform has no launch measurement that is known here.</summary>
    UnmeasuredPlatform,

    /// <summary>The file is for SEV-SNP and has no guest policy for it: it cannot be launched.</summary>
    NoGuestPolicy,

    /// <summary>The state of a virtual processor is malformed.</summary>
    MalformedVpContext,

    /// <summary>A platform has two guest policies, two ID blocks, or two CoRIM documents or signatures.</summary>
    DuplicateHeader,
}
