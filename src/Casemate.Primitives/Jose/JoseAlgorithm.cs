namespace Casemate.Primitives.Jose;

/// <summary>The algorithm and curve names that this library speaks. Source: RFC 7518.</summary>
public static class JoseAlgorithm
{
    /// <summary>ECDH with an ephemeral key, the content key wrapped with AES-256 key wrap (section 4.6).</summary>
    public const string EcdhEsA256Kw = "ECDH-ES+A256KW";

    /// <summary>RSAES-OAEP with SHA-256 and MGF1 with SHA-256 (section 4.3).</summary>
    public const string RsaOaep256 = "RSA-OAEP-256";

    /// <summary>AES-256 in Galois/Counter mode (section 5.3).</summary>
    public const string A256Gcm = "A256GCM";

    /// <summary>ECDSA on P-256 with SHA-256 (section 3.4).</summary>
    public const string Es256 = "ES256";

    /// <summary>NIST curve P-256.</summary>
    public const string P256 = "P-256";

    /// <summary>NIST curve P-384.</summary>
    public const string P384 = "P-384";

    /// <summary>NIST curve P-521.</summary>
    public const string P521 = "P-521";
}
