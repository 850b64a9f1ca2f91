namespace Casemate.Simulator.Pki;

/// <summary>Object identifiers that the simulated certificates use.</summary>
internal static class Oids
{
    // X.520 attribute types.
    public const string CommonName = "2.5.4.3";
    public const string Country = "2.5.4.6";
    public const string Locality = "2.5.4.7";
    public const string State = "2.5.4.8";
    public const string Organization = "2.5.4.10";
    public const string OrganizationalUnit = "2.5.4.11";

    // RFC 5280 section 4.2.1 and 5.2.
    public const string SubjectKeyIdentifier = "2.5.29.14";
    public const string KeyUsage = "2.5.29.15";
    public const string BasicConstraints = "2.5.29.19";
    public const string CrlNumber = "2.5.29.20";
    public const string CrlReason = "2.5.29.21";
    public const string CrlDistributionPoints = "2.5.29.31";
    public const string AuthorityKeyIdentifier = "2.5.29.35";

    /// <summary>Netscape comment: free text for people, ignored by verifiers.</summary>
    public const string NetscapeComment = "2.16.840.1.113730.1.13";

    // Algorithms: RFC 5758, RFC 4055.
    public const string EcdsaWithSha256 = "1.2.840.10045.4.3.2";
    public const string EcdsaWithSha384 = "1.2.840.10045.4.3.3";
    public const string RsassaPss = "1.2.840.113549.1.1.10";
    public const string Mgf1 = "1.2.840.113549.1.1.8";
    public const string Sha384 = "2.16.840.1.101.3.4.2.2";
    public const string RsaEncryption = "1.2.840.113549.1.1.1";

    /// <summary>Intel SGX PCK Certificate and CRL Profile, section 1.3.5.</summary>
    public const string SgxExtension = "1.2.840.113741.1.13.1";

    /// <summary>AMD 57230, section 3.1: the arc of the VCEK and VLEK extensions.</summary>
    public const string AmdVek = "1.3.6.1.4.1.3704.1";
}
