using Casemate.Attestation.Policy;

namespace Casemate.Attestation.Pki;

/// <summary>
/// A chain of certificates outside of Intel's and AMD's: the signer first, each issued by the next. Names, constraints and signatures are
/// checked when it is read; dates on each use. Whether its end is trusted is the caller's question. Source: RFC 5280 section 6.1.
/// </summary>
internal sealed class CertificateChain
{
    /// <summary>The most certificates that a chain may have.</summary>
    public const int MaxLength = 8;

    private const int MinRsaBits = 2048;
    private const int MaxRsaBits = 8192;

    private CertificateChain(IReadOnlyList<Certificate> certificates, VerifyingKey leafKey) =>
        (Certificates, LeafKey) = (certificates, leafKey);

    /// <summary>The certificates, the signer's first.</summary>
    public IReadOnlyList<Certificate> Certificates { get; }

    /// <summary>The signer's certificate.</summary>
    public Certificate Leaf => Certificates[0];

    /// <summary>The signer's key.</summary>
    public VerifyingKey LeafKey { get; }

    /// <summary>The last certificate. Its own signature is not checked: it is trusted by its bytes or not at all.</summary>
    public Certificate Root => Certificates[^1];

    /// <summary>The earliest end of validity.</summary>
    public DateTimeOffset NotAfter => Certificates.Min(c => c.NotAfter);

    /// <summary>Checks everything about a chain that does not depend on the time; null when something is wrong.</summary>
    /// <param name="certificates">The signer's certificate first, then issuer after issuer.</param>
    /// <param name="error">What is wrong; empty on success.</param>
    public static CertificateChain? TryRead(IReadOnlyList<Certificate> certificates, out string error)
    {
        error = certificates.Count is < 2 or > MaxLength
            ? $"a chain of {certificates.Count} certificates; 2 to {MaxLength} are expected"
            : "";
        var keys = new VerifyingKey?[certificates.Count];
        for (var i = 0; i < certificates.Count && error.Length == 0; i++)
        {
            error = CheckRole(certificates[i], i);
            if (error.Length == 0 && !TryCreateKey(certificates[i], out keys[i]))
            {
                error = $"certificate {i + 1} holds no key of a supported kind and size";
            }
        }

        for (var i = 0; i + 1 < certificates.Count && error.Length == 0; i++)
        {
            var (certificate, issuer) = (certificates[i], certificates[i + 1]);
            error = !certificate.Issuer.Span.SequenceEqual(issuer.Subject.Span)
                ? $"certificate {i + 1} was not issued by certificate {i + 2}"
                : !keys[i + 1]!.VerifyAnyScheme(certificate.Scheme, certificate.Tbs.Span, certificate.Signature.Span)
                    ? $"the signature of certificate {i + 1} does not verify with the key of certificate {i + 2}"
                : "";
        }

        return error.Length == 0 ? new CertificateChain(certificates, keys[0]!) : null;
    }

    /// <summary>Says which certificate is outside its validity; empty when none is.</summary>
    public string CheckValidity(DateTimeOffset at)
    {
        for (var i = 0; i < Certificates.Count; i++)
        {
            var certificate = Certificates[i];
            if (!certificate.IsValidAt(at))
            {
                var outside = at < certificate.NotBefore
                    ? $"NotYetValid: certificate {i + 1} starts {CommonChecks.Time(certificate.NotBefore)}"
                    : $"Expired: certificate {i + 1} ended {CommonChecks.Time(certificate.NotAfter)}";
                return $"{outside}, judged at {CommonChecks.Time(at)}";
            }
        }

        return "";
    }

    private static string CheckRole(Certificate certificate, int position)
    {
        if (HasUnknownCriticalExtension(certificate))
        {
            return $"certificate {position + 1} has a critical extension that is not known here";
        }

        if (position == 0)
        {
            return certificate.IsCa ? "the signer's certificate is a CA"
                : !Allows(certificate, KeyUsages.DigitalSignature) ? "the signer's certificate is not for signatures (keyUsage)"
                : "";
        }

        return !certificate.IsCa || !Allows(certificate, KeyUsages.KeyCertSign)
                ? $"certificate {position + 1} may not issue certificates (basicConstraints, keyUsage)"
            : certificate.PathLength is { } below && below < position - 1
                ? $"more certificates stand below certificate {position + 1} than it allows"
            : "";
    }

    // An absent keyUsage allows everything (RFC 5280 section 4.2.1.3).
    private static bool Allows(Certificate certificate, KeyUsages usage) =>
        certificate.KeyUsages.HasFlag(usage) || !certificate.TryGetExtension(Oid.KeyUsage, out _);

    // certificatePolicies asks nothing of a verifier that wants no policy. Constraints on names and policies would have to be applied,
    // and are refused instead.
    private static bool HasUnknownCriticalExtension(Certificate certificate)
    {
        var list = certificate.Extensions;
        while (Certificate.TryReadExtension(ref list, out var oid, out var critical, out _))
        {
            if (critical && !oid.SequenceEqual(Oid.BasicConstraints) && !oid.SequenceEqual(Oid.KeyUsage)
                && !oid.SequenceEqual(Oid.ExtendedKeyUsage) && !oid.SequenceEqual(Oid.SubjectAltName)
                && !oid.SequenceEqual(Oid.CertificatePolicies))
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryCreateKey(Certificate certificate, out VerifyingKey? key) =>
        VerifyingKey.TryCreate(certificate, out key) && (key!.Kind is not KeyKind.Rsa || key.SizeInBits is >= MinRsaBits and <= MaxRsaBits);
}
