using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Casemate.Primitives.Tls;

/// <summary>TLS of a client: version 1.2 or later, and who may vouch for the server.</summary>
public static class ClientTls
{
    /// <summary>Makes the options of a connection.</summary>
    /// <param name="authorities">
    /// The only certificate authorities that may vouch for the server, in place of those of the system; null: those of the system. Nothing
    /// is fetched from addresses that a certificate names.
    /// </param>
    public static SslClientAuthenticationOptions Create(X509Certificate2Collection? authorities)
    {
        var options = new SslClientAuthenticationOptions { EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 };
        if (authorities is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return options;
    }
}
