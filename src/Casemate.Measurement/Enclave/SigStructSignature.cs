namespace Casemate.Measurement.Enclave;

/// <summary>What the verification of a SIGSTRUCT's signature found. Starts with refusal, so that a forgotten assignment refuses.</summary>
public enum SigStructSignature
{
    /// <summary>The signature is not one of the structure's own key over the structure's own fields.</summary>
    Invalid = 0,

    /// <summary>Signature, Q1 and Q2 are right. Says nothing about whose key it is.</summary>
    Valid,

    /// <summary>The modulus is not a number of 3072 bits, or it is even: no such key exists.</summary>
    ModulusOutOfRange,

    /// <summary>The signature is zero or not smaller than the modulus.</summary>
    SignatureOutOfRange,

    /// <summary>The signature is right, but Q1 or Q2, with which EINIT verifies it, is not: the processor refuses the enclave.</summary>
    QuotientMismatch,
}
