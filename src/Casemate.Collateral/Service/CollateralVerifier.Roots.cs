using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Casemate.Attestation;
using Casemate.Attestation.Pki;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Service;

/// <content>Telling an operator which root is missing.</content>
public static partial class CollateralVerifier
{
    private const int FingerprintDigits = 16;

    /// <summary>The root that a piece names and that is not accepted, for people; null when its root is accepted, or it names
    /// none.</summary>
    private static string? FindUnacceptedRoot(StoredCollateral collateral, TrustRoots roots, ReadOnlyMemory<byte> snpChainPem)
    {
        if (collateral.Key.Kind is CollateralKind.RootCaCrl or CollateralKind.SnpCrl)
        {
            // A list names its issuer alone.
            return CertificateRevocationList.TryParse(collateral.Raw.Span, out var crl, out _)
                && !roots.All.Any(root => Certificate.TryParse(root.Der.Span, out var known, out _)
                    && known!.Subject.Span.SequenceEqual(crl!.Issuer.Span))
                ? NameOf(crl!.Issuer.Span)
                : null;
        }

        var pem = collateral.Key.Kind is CollateralKind.SnpChain ? collateral.Raw
            : collateral.IssuerChainPem.IsEmpty ? snpChainPem
            : collateral.IssuerChainPem;
        return !pem.IsEmpty && PemCertificates.TryRead(pem.Span, out var chain, out _)
            && chain.Find(c => c.Issuer.Span.SequenceEqual(c.Subject.Span)) is { } found && roots.Find(found.Der.Span) is null
            ? $"{NameOf(found.Subject.Span)} (SHA-256 {Convert.ToHexStringLower(SHA256.HashData(found.Der.Span))[..FingerprintDigits]}…)"
            : null;
    }

    private static string NameOf(ReadOnlySpan<byte> distinguishedName)
    {
        try
        {
            return $"the root '{Upstream.UpstreamHttp.Clean(new X500DistinguishedName(distinguishedName).Name)}'";
        }
        catch (CryptographicException)
        {
            return "a root whose name cannot be read";
        }
    }
}
