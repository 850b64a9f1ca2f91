using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Casemate.Kubernetes;

/// <summary>Joins a client certificate with its key.</summary>
internal static class ClientCertificate
{
    /// <exception cref="KubeConfigurationException">They cannot be read, or do not belong together.</exception>
    public static X509Certificate2 FromPem(string certificate, string key, string where)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new KubeConfigurationException(
                $"{where}: client certificate and key cannot be used; give both, in PEM form, and the key without a password.", exception);
        }
    }
}
