namespace Casemate.Images.Packing;

/// <summary>Why something is not packed. Closed: a new reason is a new member, and its name is public API.</summary>
public enum PackError
{
    /// <summary>Nothing is wrong.</summary>
    None = 0,
    /// <summary>Something that the program needs is missing; the findings name it.</summary>
    Incomplete,
    /// <summary>A setting makes no sense; the message says which.</summary>
    InvalidSetting,
    /// <summary>A file named as an enclave is not there or is none.</summary>
    EnclaveUnreadable,
    /// <summary>An enclave is not signed, or its signature does not verify.</summary>
    EnclaveSignatureInvalid,
    /// <summary>An enclave measures something else than what was signed.</summary>
    EnclaveMeasurementMismatch,
    /// <summary>An enclave may run in debug mode, where its host reads all of its memory, and that was not allowed.</summary>
    EnclaveDebug,
    /// <summary>Of an enclave something else is wrong; the message says what.</summary>
    EnclaveRefused,
}
