namespace Casemate.Measurement.Enclave;

/// <summary>Why bytes are not an enclave signature structure. Closed: a new reason is a new member, and its name is public API.</summary>
public enum SigStructError
{
    /// <summary>The bytes are a well-formed SIGSTRUCT. Says nothing about whether its signature is right.</summary>
    None = 0,

    /// <summary>The length is not 1808 bytes.</summary>
    WrongLength,

    /// <summary>Every byte is zero: room for a signature that was never made.</summary>
    Unsigned,

    /// <summary>HEADER (12 bytes at 0) or HEADER2 (16 bytes at 24) is not the constant that EINIT asks for.</summary>
    WrongHeader,

    /// <summary>A field or a bit that must be zero is not: EINIT refuses the enclave.</summary>
    ReservedNotZero,

    /// <summary>EXPONENT is not 3.</summary>
    WrongExponent,
}
