using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Casemate.Kubernetes;

/// <summary>
/// Decides whether an API server's certificate is believed: by the cluster's own authorities, never also by the system's.
/// </summary>
internal sealed class ServerTrust(KubeConfiguration configuration, TimeProvider time)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>Fits <see cref="SslClientAuthenticationOptions.RemoteCertificateValidationCallback"/>.</summary>
    public bool Accepts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (configuration.AllowUnverifiedApiServer)
        {
            return certificate is not null;
        }

        if (configuration.Authorities is null)
        {
            return errors is SslPolicyErrors.None;
        }

        if (certificate is not X509Certificate2 leaf
            || (errors & (SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateNotAvailable)) != 0)
        {
            return false;
        }

        // Built here and not by the base library, because the authorities may have been rotated since the handler was made.
        using var own = new X509Chain { ChainPolicy = OwnPolicy() };
        if (chain is not null)
        {
            own.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        }

        return own.Build(leaf);
    }

    /// <summary>How the base library looks first: nothing is fetched from addresses that a certificate names.</summary>
    public static X509ChainPolicy FirstLook() => new()
    {
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    private X509ChainPolicy OwnPolicy()
    {
        var policy = FirstLook();
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(configuration.Authorities!.Get(time.GetUtcNow()));
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        return policy;
    }
}
