namespace Casemate.Attestation.Pki;

/// <summary>Checks that a certificate of Intel's PKI is fit for its role. Source: RFC 5280 section 4.2.1.</summary>
internal static class CertificateRole
{
    /// <summary>A CA: basicConstraints cA, keyCertSign, P-256, no unknown critical extension. Returns what is wrong, or nothing.</summary>
    public static string CheckCa(Certificate certificate, string name) =>
        !certificate.IsCa || !certificate.KeyUsages.HasFlag(KeyUsages.KeyCertSign)
            ? $"the {name} may not issue certificates (basicConstraints, keyUsage)"
            : CheckCommon(certificate, name);

    /// <summary>An end entity that signs: not a CA, digitalSignature, P-256. Returns what is wrong, or nothing.</summary>
    public static string CheckSigner(Certificate certificate, string name) =>
        certificate.IsCa || !certificate.KeyUsages.HasFlag(KeyUsages.DigitalSignature)
            ? $"the {name} is not an end-entity certificate for signatures (basicConstraints, keyUsage)"
            : CheckCommon(certificate, name);

    private static string CheckCommon(Certificate certificate, string name)
    {
        if (certificate.HasUnknownCriticalExtension)
        {
            return $"the {name} has an unknown critical extension";
        }

        if (certificate.KeyKind is not KeyKind.P256 || certificate.Scheme is not SignatureScheme.EcdsaP256Sha256)
        {
            return $"the {name} does not use ECDSA on P-256 with SHA-256";
        }

        return "";
    }
}
