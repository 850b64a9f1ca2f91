namespace Casemate.Attestation.Pki;

/// <summary>
/// The signature schemes of certificates that are known; any other is refused. Intel's and AMD's chains accept their own alone
/// (<see cref="VerifyingKey.Verify"/>), other chains all of them (<see cref="VerifyingKey.VerifyAnyScheme"/>).
/// </summary>
internal enum SignatureScheme
{
    /// <summary>None of the schemes below.</summary>
    Unsupported = 0,

    /// <summary>ECDSA on P-256 with SHA-256: Intel.</summary>
    EcdsaP256Sha256,

    /// <summary>RSASSA-PSS with SHA-384, MGF1 with SHA-384, salt of 48 bytes: AMD.</summary>
    RsaPssSha384,

    /// <summary>ECDSA on P-384 with SHA-384: NVIDIA, signers of guest images.</summary>
    EcdsaP384Sha384,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256: signers of guest images.</summary>
    RsaPkcs1Sha256,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-384: signers of guest images.</summary>
    RsaPkcs1Sha384,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-512: signers of guest images.</summary>
    RsaPkcs1Sha512,
}
