namespace Casemate.Attestation.Pki;

/// <summary>The kinds of public key that certificates here may hold; any other is refused.</summary>
internal enum KeyKind
{
    /// <summary>None of the kinds below.</summary>
    Unsupported = 0,

    /// <summary>A point on P-256, uncompressed.</summary>
    P256,

    /// <summary>A point on P-384, uncompressed.</summary>
    P384,

    /// <summary>An RSA key.</summary>
    Rsa,
}
