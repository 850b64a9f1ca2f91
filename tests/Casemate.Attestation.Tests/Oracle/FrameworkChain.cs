using System.Security.Cryptography.X509Certificates;

namespace Casemate.Attestation.Tests.Oracle;

/// <summary>The base library's judgement of a chain: path, signatures, roles and dates, without network and without revocation.</summary>
internal static class FrameworkChain
{
    /// <summary>True when the base library builds a chain from the leaf to exactly this root, through the others, and finds no fault.</summary>
    public static bool Accepts(X509Certificate2 leaf, IEnumerable<X509Certificate2> others, X509Certificate2 root, DateTimeOffset at)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.ExtraStore.AddRange(others.ToArray());
        chain.ChainPolicy.VerificationTime = at.UtcDateTime;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(leaf) && chain.ChainElements[^1].Certificate.RawDataMemory.Span.SequenceEqual(root.RawDataMemory.Span);
    }

    /// <summary>Loads a certificate; null when the base library cannot.</summary>
    public static X509Certificate2? TryLoad(byte[] der)
    {
        try
        {
            var certificate = X509CertificateLoader.LoadCertificate(der);
            _ = (certificate.Extensions.Count, certificate.NotBefore, certificate.SubjectName.Name, certificate.SerialNumberBytes);
            return certificate;
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }
}
