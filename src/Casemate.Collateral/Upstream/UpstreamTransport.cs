using System.Security.Cryptography.X509Certificates;
using Casemate.Primitives.Tls;

namespace Casemate.Collateral.Upstream;

/// <summary>
/// Makes the HTTP handler for upstreams: TLS 1.2 or later, no redirects, no cookies, no decompression, proxies as the environment
/// names them (HTTPS_PROXY, NO_PROXY).
/// </summary>
public static class UpstreamTransport
{
    // Issuer chains come in headers, URL-encoded.
    private const int MaximumHeaderKiB = 128;

    /// <summary>Makes a handler; one may serve several upstreams.</summary>
    /// <param name="authorities">The only certificate authorities that may vouch for an upstream; null: those of the system.</param>
    /// <param name="clientCertificate">For an upstream that wants one, with its private key; null: none.</param>
    /// <param name="useProxy">False for addresses that only this machine reaches, such as a cloud's metadata service.</param>
    public static HttpMessageHandler CreateHandler(
        X509Certificate2Collection? authorities = null, X509Certificate2? clientCertificate = null, bool useProxy = true)
    {
        var tls = ClientTls.Create(authorities);
        if (clientCertificate is not null)
        {
            tls.ClientCertificates = [clientCertificate];
        }

        return new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = System.Net.DecompressionMethods.None,
            UseCookies = false,
            UseProxy = useProxy,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),            // so that a changed DNS entry is noticed
            MaxConnectionsPerServer = 8,
            MaxResponseHeadersLength = MaximumHeaderKiB,
            ActivityHeadersPropagator = null,
            SslOptions = tls,
        };
    }

    /// <summary>Reads a bundle of certificate authorities for <see cref="CreateHandler"/>.</summary>
    /// <param name="path">A PEM file, at most 1 MiB.</param>
    /// <exception cref="MalformedInputException">The file is unreadable or holds no certificate.</exception>
    public static X509Certificate2Collection ReadAuthorities(string path)
    {
        const int limit = 1024 * 1024;
        var authorities = new X509Certificate2Collection();
        foreach (var (label, der) in PemText.Read(BoundedFile.Read(path, limit), path))
        {
            if (label == "CERTIFICATE")
            {
                try
                {
                    authorities.Add(X509CertificateLoader.LoadCertificate(der));
                }
                catch (System.Security.Cryptography.CryptographicException exception)
                {
                    throw new MalformedInputException(path, "one of its certificates cannot be read", cause: exception);
                }
            }
        }

        return authorities.Count > 0 ? authorities : throw new MalformedInputException(path, "holds no certificate");
    }
}
