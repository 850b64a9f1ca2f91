namespace Casemate.Attestation.Pki;

/// <summary>The signature schemes that Intel's and AMD's certificates use; any other is refused.</summary>
internal enum SignatureScheme
{
    /// <summary>None of the schemes below.</summary>
    Unsupported = 0,

    /// <summary>ECDSA on P-256 with SHA-256: Intel.</summary>
    EcdsaP256Sha256,

    /// <summary>RSASSA-PSS with SHA-384, MGF1 with SHA-384, salt of 48 bytes: AMD.</summary>
    RsaPssSha384,
}
