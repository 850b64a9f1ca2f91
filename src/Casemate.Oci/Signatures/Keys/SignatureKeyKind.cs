namespace Casemate.Oci.Signatures;

/// <summary>The kinds of keys that image signatures are made and verified with. Closed; names are public API.</summary>
public enum SignatureKeyKind
{
    /// <summary>ECDSA on the curve P-256, with SHA-256: what cosign makes keys of.</summary>
    EcdsaP256 = 1,
    /// <summary>ECDSA on the curve P-384. Verifies over SHA-384 and over SHA-256, which older signers take for every curve.</summary>
    EcdsaP384,
    /// <summary>RSA with 2,048 to 8,192 bits: PKCS #1 v1.5 with SHA-256.</summary>
    Rsa,
}
