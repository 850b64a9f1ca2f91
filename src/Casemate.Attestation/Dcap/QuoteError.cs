namespace Casemate.Attestation.Dcap;

/// <summary>Why bytes are not a quote. Closed: a new reason is a new member, and its name is public API.</summary>
public enum QuoteError
{
    /// <summary>The bytes are a well-formed quote. Says nothing about whether it is genuine.</summary>
    None = 0,

    /// <summary>The input is larger than 64 KiB.</summary>
    TooLarge,

    /// <summary>The input ends inside a field. Typical cause: evidence cut off by a size limit on the way.</summary>
    Truncated,

    /// <summary>The version is not 3, 4 or 5.</summary>
    UnsupportedQuoteVersion,

    /// <summary>The attestation key type is not 2 (ECDSA P-256).</summary>
    UnsupportedKeyType,

    /// <summary>The TEE type is neither SGX (0) nor TDX (0x81), or not allowed in this version.</summary>
    UnsupportedTeeType,

    /// <summary>The body type is unknown or contradicts the TEE type.</summary>
    UnsupportedBodyType,

    /// <summary>The quoting enclave is not Intel's: its vendor id is another one.</summary>
    UnknownQeVendor,

    /// <summary>A length field contradicts the layout or points past the end of its container.</summary>
    LengthOutOfRange,

    /// <summary>The certification data type is not one that a verifiable quote carries.</summary>
    UnsupportedCertificationData,
}
