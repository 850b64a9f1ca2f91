namespace Casemate.Measurement.Enclave;

/// <summary>Why a file is not an enclave that can be read, or cannot be signed. Closed: the names are public API.</summary>
public enum EnclaveError
{
    /// <summary>Nothing is wrong.</summary>
    None = 0,

    /// <summary>The bytes are neither an enclave of a known kind nor a signature structure.</summary>
    UnknownFormat,

    /// <summary>The ELF file is damaged, or is not a 64-bit x86 shared object.</summary>
    MalformedElf,

    /// <summary>The enclave's own description (<c>.oeinfo</c>, <c>.note.sgxmeta</c>, manifest) is not what its loader accepts.</summary>
    MalformedEnclave,

    /// <summary>The signature structure is not well-formed.</summary>
    MalformedSigStruct,

    /// <summary>Something is larger or more numerous than the limit that the message names.</summary>
    LimitExceeded,

    /// <summary>The measurement cannot be recomputed: which rules apply is unknown, or an input is not there.</summary>
    NotRecomputable,

    /// <summary>The key cannot sign enclaves: EINIT asks for RSA with 3072 bits and exponent 3.</summary>
    UnsuitableKey,

    /// <summary>A signature made elsewhere does not fit the key or what was to be signed.</summary>
    SignatureMismatch,
}
