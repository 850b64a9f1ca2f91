namespace Casemate.Attestation.Sgx;

/// <summary>Memory protection of an SGX platform. Source: Intel SGX PCK Certificate and CRL Profile, section 1.3.5.</summary>
public enum SgxType
{
    /// <summary>Integrity and replay protected memory of limited size.</summary>
    Standard = 0,

    /// <summary>Large memory, encrypted, without integrity protection against physical attack.</summary>
    Scalable = 1,

    /// <summary>Large memory with cryptographic integrity.</summary>
    ScalableWithIntegrity = 2,
}
