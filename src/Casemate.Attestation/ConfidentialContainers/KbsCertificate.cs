namespace Casemate.Attestation.ConfidentialContainers;

/// <summary>One certificate that a guest sent along with its SEV-SNP report. Untrusted until verified.</summary>
/// <param name="Type">ARK, ASK, VCEK, VLEK or CRL, or the GUID of another entry. Source: AMD 56421 (GHCB), section 4.1.8.1.</param>
/// <param name="Data">The content, usually DER.</param>
public sealed record KbsCertificate(string Type, byte[] Data)
{
    /// <summary>The root certificate of a product line.</summary>
    public const string Ark = "ARK";

    /// <summary>The intermediate certificate above VCEK or VLEK.</summary>
    public const string Ask = "ASK";

    /// <summary>The certificate of a chip's key.</summary>
    public const string Vcek = "VCEK";

    /// <summary>The certificate of a cloud provider's key.</summary>
    public const string Vlek = "VLEK";

    /// <summary>The revocation list of the ARK.</summary>
    public const string Crl = "CRL";
}
