using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Casemate.Primitives.Tls;

/// <summary>What every certificate of a TLS server of ours says, whoever signs it.</summary>
public static class ServerCertificateRequest
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";      // id-kp-serverAuth, RFC 5280 section 4.2.1.12

    /// <summary>
    /// A request for a certificate that signs nothing but handshakes (RFC 5280 section 4.2.1: digitalSignature, id-kp-serverAuth, no
    /// authority).
    /// </summary>
    /// <param name="commonName">A word for people; names are checked against <paramref name="names"/> alone (RFC 9525 section 2).</param>
    /// <param name="key">The server's key.</param>
    /// <param name="names">DNS names and addresses, at least one; an address becomes an iPAddress.</param>
    /// <exception cref="ArgumentException">There is no name, or one that is no name.</exception>
    public static CertificateRequest Create(string commonName, ECDsa key, IEnumerable<string> names)
    {
        ArgumentException.ThrowIfNullOrEmpty(commonName);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(names);
        var alternatives = new SubjectAlternativeNameBuilder();
        var any = false;
        foreach (var name in names)
        {
            any = true;
            if (IPAddress.TryParse(name, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        if (!any)
        {
            throw new ArgumentException("A server's certificate needs a name.", nameof(names));
        }

        var request = new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], critical: false));
        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }
}
