namespace Casemate.Attestation.Pki;

/// <summary>Object identifiers as DER content octets, for comparison without text.</summary>
internal static class Oid
{
    /// <summary>2.5.4.3, commonName (X.520).</summary>
    public static ReadOnlySpan<byte> CommonName => [0x55, 0x04, 0x03];

    /// <summary>2.5.29.15, keyUsage (RFC 5280 section 4.2.1.3).</summary>
    public static ReadOnlySpan<byte> KeyUsage => [0x55, 0x1D, 0x0F];

    /// <summary>2.5.29.19, basicConstraints (RFC 5280 section 4.2.1.9).</summary>
    public static ReadOnlySpan<byte> BasicConstraints => [0x55, 0x1D, 0x13];

    /// <summary>2.5.29.20, cRLNumber (RFC 5280 section 5.2.3).</summary>
    public static ReadOnlySpan<byte> CrlNumber => [0x55, 0x1D, 0x14];

    /// <summary>2.5.29.35, authorityKeyIdentifier (RFC 5280 section 4.2.1.1).</summary>
    public static ReadOnlySpan<byte> AuthorityKeyIdentifier => [0x55, 0x1D, 0x23];

    /// <summary>1.2.840.10045.2.1, id-ecPublicKey (RFC 5480).</summary>
    public static ReadOnlySpan<byte> EcPublicKey => [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];

    /// <summary>1.2.840.10045.3.1.7, secp256r1 (RFC 5480).</summary>
    public static ReadOnlySpan<byte> P256 => [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];

    /// <summary>1.3.132.0.34, secp384r1 (RFC 5480).</summary>
    public static ReadOnlySpan<byte> P384 => [0x2B, 0x81, 0x04, 0x00, 0x22];

    /// <summary>1.2.840.113549.1.1.1, rsaEncryption (RFC 8017).</summary>
    public static ReadOnlySpan<byte> Rsa => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];

    /// <summary>1.2.840.10045.4.3.2, ecdsa-with-SHA256 (RFC 5758).</summary>
    public static ReadOnlySpan<byte> EcdsaSha256 => [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];

    /// <summary>1.2.840.113549.1.1.10, id-RSASSA-PSS (RFC 4055).</summary>
    public static ReadOnlySpan<byte> RsaPss => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A];

    /// <summary>1.2.840.113549.1.1.8, id-mgf1 (RFC 4055).</summary>
    public static ReadOnlySpan<byte> Mgf1 => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x08];

    /// <summary>2.16.840.1.101.3.4.2.2, SHA-384 (RFC 4055).</summary>
    public static ReadOnlySpan<byte> Sha384 => [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];

    /// <summary>1.2.840.113741.1.13.1, Intel's SGX extension of PCK certificates.</summary>
    public static ReadOnlySpan<byte> SgxExtension => [0x2A, 0x86, 0x48, 0x86, 0xF8, 0x4D, 0x01, 0x0D, 0x01];

    /// <summary>1.3.6.1.4.1.3704.1, AMD's extensions of VCEK and VLEK certificates.</summary>
    public static ReadOnlySpan<byte> AmdExtensions => [0x2B, 0x06, 0x01, 0x04, 0x01, 0x9C, 0x78, 0x01];

    /// <summary>1.2.840.10045.4.3.3, ecdsa-with-SHA384 (RFC 5758).</summary>
    public static ReadOnlySpan<byte> EcdsaSha384 => [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03];

    /// <summary>1.2.840.113549.1.1.11, sha256WithRSAEncryption (RFC 4055).</summary>
    public static ReadOnlySpan<byte> RsaSha256 => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B];

    /// <summary>1.2.840.113549.1.1.12, sha384WithRSAEncryption (RFC 4055).</summary>
    public static ReadOnlySpan<byte> RsaSha384 => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0C];

    /// <summary>1.2.840.113549.1.1.13, sha512WithRSAEncryption (RFC 4055).</summary>
    public static ReadOnlySpan<byte> RsaSha512 => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0D];

    /// <summary>2.5.29.17, subjectAltName (RFC 5280 section 4.2.1.6).</summary>
    public static ReadOnlySpan<byte> SubjectAltName => [0x55, 0x1D, 0x11];

    /// <summary>2.5.29.32, certificatePolicies (RFC 5280 section 4.2.1.4).</summary>
    public static ReadOnlySpan<byte> CertificatePolicies => [0x55, 0x1D, 0x20];

    /// <summary>2.5.29.37, extKeyUsage (RFC 5280 section 4.2.1.12).</summary>
    public static ReadOnlySpan<byte> ExtendedKeyUsage => [0x55, 0x1D, 0x25];

    /// <summary>2.23.133.5.4.1, TCG DICE: layer identity with the digest of its firmware (NVIDIA GPUs).</summary>
    public static ReadOnlySpan<byte> DiceFirmwareId => [0x67, 0x81, 0x05, 0x05, 0x04, 0x01];
}
