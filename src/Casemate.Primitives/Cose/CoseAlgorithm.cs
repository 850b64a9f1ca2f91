namespace Casemate.Primitives.Cose;

/// <summary>
/// The signature algorithms of COSE that are known here. Source: RFC 9053 section 2.1, RFC 8230 section 2, RFC 8812 section 2.
/// </summary>
public static class CoseAlgorithm
{
    /// <summary>ECDSA with SHA-256; here on P-256 alone.</summary>
    public const int Es256 = -7;

    /// <summary>ECDSA with SHA-384; here on P-384 alone.</summary>
    public const int Es384 = -35;

    /// <summary>RSASSA-PSS with SHA-256, salt of 32 bytes.</summary>
    public const int Ps256 = -37;

    /// <summary>RSASSA-PSS with SHA-384, salt of 48 bytes.</summary>
    public const int Ps384 = -38;

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256.</summary>
    public const int Rs256 = -257;

    /// <summary>The algorithm's name; the number in words for one that is not known here.</summary>
    public static string NameOf(int algorithm) => algorithm switch
    {
        Es256 => "ES256",
        Es384 => "ES384",
        Ps256 => "PS256",
        Ps384 => "PS384",
        Rs256 => "RS256",
        _ => $"algorithm {algorithm}",
    };
}
