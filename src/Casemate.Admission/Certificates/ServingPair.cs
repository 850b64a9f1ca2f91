using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Casemate.Primitives.Tls;

namespace Casemate.Admission;

/// <summary>A certificate with its key.</summary>
/// <param name="CertificatePem">The certificate.</param>
/// <param name="KeyPem">Its key, PKCS#8. Secret.</param>
/// <param name="NotAfter">Its end.</param>
internal sealed record ServingPair(string CertificatePem, string KeyPem, DateTimeOffset NotAfter)
{
    // Clocks of API servers may be behind.
    private static readonly TimeSpan Backdated = TimeSpan.FromMinutes(10);

    /// <summary>Reads one.</summary>
    /// <exception cref="CryptographicException">It is no certificate and its key.</exception>
    public static ServingPair Read(string certificatePem, string keyPem)
    {
        using var certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);
        return new ServingPair(certificatePem, keyPem, certificate.NotAfter.ToUniversalTime());
    }

    /// <summary>Makes one with an authority of its own, whose key is gone afterwards.</summary>
    public static (ServingPair Pair, string Authority) Make(IReadOnlyList<string> names, DateTimeOffset now, TimeSpan validity)
    {
        var (from, until) = (now - Backdated, now + validity);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest(
            $"CN=casemate-webhook-ca {now.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        authorityRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        authorityRequest.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(authorityRequest.PublicKey, critical: false));
        using var authority = authorityRequest.CreateSelfSigned(from, until);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = ServerCertificateRequest.Create("casemate-webhook", key, names);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);                     // positive, and of full length
        using var certificate = request.Create(authority, authority.NotBefore, authority.NotAfter, serial);
        return (
            new ServingPair(
                certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n", certificate.NotAfter.ToUniversalTime()),
            authority.ExportCertificatePem() + "\n");
    }

    /// <summary>Whether it is good for all these names.</summary>
    public bool Covers(IReadOnlyList<string> names)
    {
        using var certificate = X509Certificate2.CreateFromPem(CertificatePem);
        return names.All(name => certificate.MatchesHostname(name, allowWildcards: false, allowCommonName: false));
    }

    // A record would print the key.
    private bool PrintMembers(System.Text.StringBuilder builder)
    {
        builder.Append(System.Globalization.CultureInfo.InvariantCulture, $"NotAfter = {NotAfter:O}");
        return true;
    }
}
