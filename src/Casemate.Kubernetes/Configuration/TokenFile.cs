using System.Security.Cryptography.X509Certificates;

namespace Casemate.Kubernetes;

/// <summary>A token in a file that others replace: read again every minute, and at once after the server refused it.</summary>
internal sealed class TokenFile(string path, X509Certificate2? certificate = null, string where = "") : ICredentialSource
{
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private KubeCredential? _last;
    private DateTimeOffset _readAgainAt;

    public ValueTask<KubeCredential> GetAsync(TimeProvider time, TimeSpan limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_last is not null && now < _readAgainAt)
            {
                return new(_last);
            }

            try
            {
                _last = new KubeCredential(TokenText.Check(ConfigurationFile.ReadText(path), path), certificate);
            }
            catch (KubeConfigurationException) when (_last is not null)
            {
                // The kubelet swaps the directory behind the file: a moment without it is no reason to drop a token that still holds.
            }
            catch (KubeConfigurationException exception)
            {
                throw new KubeConfigurationException($"{where}{exception.Message}", exception);
            }

            _readAgainAt = now + ReadAgainAfter;
            return new(_last);
        }
    }

    public bool Invalidate()
    {
        lock (_lock)
        {
            _readAgainAt = DateTimeOffset.MinValue;
            return true;
        }
    }
}
