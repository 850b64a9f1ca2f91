using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace Casemate.Oci.Signatures;

/// <summary>
/// Paths from a certificate to an authority of a trusted root. They are built by the base library's <see cref="X509Chain"/> with
/// these roots alone, at the instant that is given, without downloads and without revocation lists: certificates of signers live for
/// minutes, and whom to trust when is what the trusted root says. The base library also looks for intermediates in the stores of
/// the machine; one from there must still chain to the given roots.
/// </summary>
internal static class CertificatePath
{
    /// <summary>The usage "signing code".</summary>
    public const string CodeSigning = "1.3.6.1.5.5.7.3.3";

    /// <summary>The usage "time stamping".</summary>
    public const string TimeStamping = "1.3.6.1.5.5.7.3.8";

    /// <summary>Finds a path.</summary>
    /// <param name="leaf">The certificate at its beginning; not a CA's.</param>
    /// <param name="intermediates">Certificates that may be between.</param>
    /// <param name="authorities">Where it must end; those that are not trusted at the instant are left out.</param>
    /// <param name="at">The instant at which everything must be valid.</param>
    /// <param name="usage">What the leaf must be for.</param>
    /// <param name="issuerSpki">The key of whoever issued the leaf; empty when there is no path.</param>
    /// <returns>Why there is none; null when there is one.</returns>
    public static string? Find(
        X509Certificate2 leaf, ImmutableArray<ReadOnlyMemory<byte>> intermediates, ImmutableArray<TrustedAuthority> authorities, DateTimeOffset at,
        string usage, out byte[] issuerSpki)
    {
        issuerSpki = [];
        if (!IsFor(leaf, usage))
        {
            return "the certificate is not an end entity's for this usage";
        }

        var problem = "no authority is trusted at that time";
        foreach (var authority in authorities.Where(authority => authority.IsValidAt(at)))
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            chain.ChainPolicy.VerificationTime = at.UtcDateTime;
            chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(usage));
            var loaded = new List<X509Certificate2>();
            try
            {
                foreach (var der in authority.Certificates.Concat(intermediates))
                {
                    if (!SignerCertificate.TryLoad(der.Span, out var certificate, out _))
                    {
                        continue;
                    }

                    loaded.Add(certificate);
                    var isRoot = loaded.Count <= authority.Certificates.Length
                        && certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
                    (isRoot ? chain.ChainPolicy.CustomTrustStore : chain.ChainPolicy.ExtraStore).Add(certificate);
                }

                if (chain.ChainPolicy.CustomTrustStore.Count > 0 && chain.Build(leaf))
                {
                    issuerSpki = chain.ChainElements[1].Certificate.PublicKey.ExportSubjectPublicKeyInfo();
                    return null;
                }

                problem = chain.ChainPolicy.CustomTrustStore.Count == 0
                    ? "the authority has no root certificate"
                    : string.Join(", ", chain.ChainStatus.Select(status => status.Status).Distinct());
            }
            finally
            {
                foreach (var element in chain.ChainElements)
                {
                    if (!ReferenceEquals(element.Certificate, leaf))
                    {
                        element.Certificate.Dispose();
                    }
                }

                loaded.ForEach(certificate => certificate.Dispose());
            }
        }

        return problem;
    }

    private static bool IsFor(X509Certificate2 leaf, string usage) =>
        !leaf.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority)
        && leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().ToList() is [var usages]
        && usages.EnhancedKeyUsages.Cast<System.Security.Cryptography.Oid>().Any(oid => oid.Value == usage);
}
