using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Casemate.Attestation.Tests.Oracle;

/// <summary>The base library's judgement of a chain: path, signatures, roles and dates, without network and without revocation.</summary>
internal static class FrameworkChain
{
    /// <summary>True when the base library builds a chain from the leaf to exactly this root, through the others, and finds no fault.</summary>
    /// <remarks>
    /// On OpenSSL the base library ends a certificate with the second before notAfter. RFC 5280 section 4.1.2.5 includes that second, and so
    /// does the library: in that one second the base library is asked about the second before.
    /// </remarks>
    public static bool Accepts(X509Certificate2 leaf, IReadOnlyList<X509Certificate2> others, X509Certificate2 root, DateTimeOffset at)
    {
        var isLastSecond = others.Append(leaf).Append(root).Any(c => c.NotAfter.ToUniversalTime() == at.UtcDateTime);
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.ExtraStore.AddRange(others.ToArray());
        chain.ChainPolicy.VerificationTime = at.UtcDateTime.AddSeconds(isLastSecond ? -1 : 0);
        chain.ChainPolicy.DisableCertificateDownloads = true;
        try
        {
            return chain.Build(leaf) && chain.ChainElements[^1].Certificate.RawDataMemory.Span.SequenceEqual(root.RawDataMemory.Span);
        }
        catch (CryptographicException)
        {
            return false;                                                   // a key that cannot be read
        }
    }

    /// <summary>Loads a certificate; null when the base library cannot.</summary>
    public static X509Certificate2? TryLoad(byte[] der)
    {
        try
        {
            var certificate = X509CertificateLoader.LoadCertificate(der);
            _ = (certificate.Extensions.Count, certificate.NotBefore, certificate.NotAfter, certificate.SubjectName.Name, certificate.SerialNumberBytes);
            return certificate;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>The EC key of a certificate; null when it is of another kind, or its point is not on the curve.</summary>
    public static ECDsa? TryReadKey(X509Certificate2 certificate)
    {
        try
        {
            return certificate.GetECDsaPublicKey();
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
