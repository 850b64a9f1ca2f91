using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Casemate.Primitives.Files;
using Casemate.Primitives.Tls;

namespace Casemate.Oci.Registry;

/// <summary>
/// Makes the HTTP handler for registries: TLS 1.2 or later, proxies as the environment names them (HTTPS_PROXY, NO_PROXY), no cookies,
/// no decompression, and redirects left to <see cref="RegistryClient"/>, which knows where credentials may go.
/// </summary>
public static class RegistryTransport
{
    private const int MaximumHeaderKiB = 64;
    private const int MaximumAuthorityBytes = 1 << 20;

    /// <summary>Makes a handler; one may serve several clients.</summary>
    /// <param name="authorities">The only certificate authorities that may vouch for a registry; null: those of the system.</param>
    public static SocketsHttpHandler CreateHandler(X509Certificate2Collection? authorities = null)
    {
        return new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = System.Net.DecompressionMethods.None,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),            // so that a changed DNS entry is noticed
            MaxConnectionsPerServer = 16,
            MaxResponseHeadersLength = MaximumHeaderKiB,
            ActivityHeadersPropagator = null,
            SslOptions = ClientTls.Create(authorities),
        };
    }

    /// <summary>Reads a bundle of certificate authorities for <see cref="CreateHandler"/>.</summary>
    /// <param name="path">A PEM file, at most 1 MiB.</param>
    /// <exception cref="OciException"><see cref="OciError.Storage"/>: it cannot be read, or holds no certificate.</exception>
    public static X509Certificate2Collection ReadAuthorities(string path)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(Encoding.ASCII.GetString(WholeFile.Read(path, MaximumAuthorityBytes)));
        }
        catch (FileTooLargeException exception)
        {
            throw new OciException(
                OciError.LimitExceeded, $"'{Quoted.Of(path)}' is larger than 1 MiB, the limit for certificates", cause: exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new OciException(
                OciError.Storage, $"the certificate authorities in '{Quoted.Of(path)}' cannot be read",
                    "Name a file with certificates in PEM.", exception);
        }

        return authorities.Count > 0
            ? authorities
            : throw new OciException(OciError.Storage, $"'{Quoted.Of(path)}' holds no certificate",
                "Name a file with certificates in PEM.");
    }
}
