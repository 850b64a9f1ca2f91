using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Casemate.Kubernetes;

/// <summary>
/// The certificate authorities that may vouch for an API server, from data or from a file that is read again every minute.
/// </summary>
internal sealed class AuthorityBundle
{
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly string? _path;
    private X509Certificate2Collection _roots;
    private DateTimeOffset? _readAgainAt;

    private AuthorityBundle(string? path, X509Certificate2Collection roots) => (_path, _roots) = (path, roots);

    /// <summary>Reads a file now, and again while the program runs: authorities are rotated too.</summary>
    /// <exception cref="KubeConfigurationException">The file cannot be read or holds no certificate.</exception>
    public static AuthorityBundle FromFile(string path) => new(path, Read(ConfigurationFile.ReadText(path), path));

    /// <exception cref="KubeConfigurationException">The data hold no certificate.</exception>
    public static AuthorityBundle FromPem(string pem, string where) => new(null, Read(pem, where));

    /// <summary>The authorities that hold now.</summary>
    public X509Certificate2Collection Get(DateTimeOffset now)
    {
        lock (_lock)
        {
            _readAgainAt ??= now + ReadAgainAfter;
            if (_path is not null && now >= _readAgainAt)
            {
                _readAgainAt = now + ReadAgainAfter;
                try
                {
                    _roots = Read(ConfigurationFile.ReadText(_path), _path);
                }
                catch (KubeConfigurationException)
                {
                    // A file that is being replaced: those that were read last still hold.
                }
            }

            return _roots;
        }
    }

    private static X509Certificate2Collection Read(string pem, string where)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(pem);
        }
        catch (CryptographicException exception)
        {
            throw new KubeConfigurationException($"{where}: one of the certificates cannot be read.", exception);
        }

        return roots.Count > 0 ? roots : throw new KubeConfigurationException($"{where} holds no certificate in PEM form.");
    }
}
