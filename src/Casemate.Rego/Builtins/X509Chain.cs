using System.Formats.Asn1;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;

namespace Casemate.Rego.Builtins;

/// <summary>
/// Whether a leaf leads to a root by way of intermediates, all of them given: nothing is looked up on the machine or a network, and
/// revocation is not asked for. Source: RFC 5280, section 6.1, without name constraints and policies: a certificate with a critical
/// extension that is not understood here leads nowhere.
/// </summary>
internal static class X509Chain
{
    private const DSASignatureFormat EcFormat = DSASignatureFormat.Rfc3279DerSequence;
    private const int MostTries = 256;
    private const int CanSignCertificates = 32;
    private static readonly HashSet<string> s_understood = ["2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.35", "2.5.29.37"];

    /// <summary>Finds a path.</summary>
    /// <param name="certificates">The root first, the leaf last, intermediates between them in any order.</param>
    /// <param name="now">The instant at which all must be valid.</param>
    /// <param name="usages">Extended key usages of which the whole path must allow one.</param>
    /// <param name="host">A name or address that the leaf must be for; null: any.</param>
    /// <param name="step">Told of each signature that is checked.</param>
    /// <returns>The path, leaf first; null for none.</returns>
    public static List<X509Certificate>? Find(
        IReadOnlyList<X509Certificate> certificates, DateTimeOffset now, IReadOnlyList<string> usages, string? host, Action<long> step)
    {
        if (certificates.Count < 2 || !IsUsable(certificates[^1], now) || (host is not null && !IsFor(certificates[^1], host)))
        {
            return null;
        }

        var tries = 0;
        return Extend([certificates[^1]]);

        List<X509Certificate>? Extend(List<X509Certificate> path)
        {
            for (var i = 0; i < certificates.Count - 1; i++)
            {
                var issuer = certificates[i];
                if (path.Contains(issuer) || !issuer.Subject.Span.SequenceEqual(path[^1].Issuer.Span) || !IsUsable(issuer, now)
                    || !MayIssue(issuer, path.Count - 1) || ++tries > MostTries)
                {
                    continue;
                }

                step(2000);
                if (!IsSigned(path[^1], issuer))
                {
                    continue;
                }

                List<X509Certificate> longer = [.. path, issuer];
                var found = i > 0 ? Extend(longer) : usages.Any(usage => longer.All(each => Allows(each, usage))) ? longer : null;
                if (found is not null)
                {
                    return found;
                }
            }

            return null;
        }
    }

    private static bool IsUsable(X509Certificate certificate, DateTimeOffset now) =>
        certificate.NotBefore <= now && now <= certificate.NotAfter
        && certificate.Extensions.All(extension => !extension.Critical || s_understood.Contains(extension.Oid));

    // Intermediates below count, the leaf does not.
    private static bool MayIssue(X509Certificate issuer, int below) =>
        X509Values.BasicConstraints(issuer) is { IsAuthority: true } constraints
        && (constraints.PathLength < 0 || below <= constraints.PathLength)
        && (issuer.Extension("2.5.29.15") is null || (X509Values.KeyUsage(issuer) & CanSignCertificates) != 0);

    private static bool Allows(X509Certificate certificate, string usage)
    {
        var usages = X509Values.ExtendedUsages(certificate);
        return usages.Count == 0 || usage == X509Values.Usages[0] || usages.Contains(usage) || usages.Contains(X509Values.Usages[0]);
    }

    private static bool IsSigned(X509Certificate certificate, X509Certificate issuer)
    {
        try
        {
            using var key = issuer.PublicKey();
            var data = certificate.ToBeSigned.Span;
            var signature = certificate.Signature.Span;
            return (certificate.SignatureOid, key) switch
            {
                ("1.2.840.113549.1.1.11", RSA rsa) => rsa.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
                ("1.2.840.113549.1.1.12", RSA rsa) => rsa.VerifyData(data, signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
                ("1.2.840.113549.1.1.13", RSA rsa) => rsa.VerifyData(data, signature, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
                ("1.2.840.10045.4.3.2", ECDsa ec) => ec.VerifyData(data, signature, HashAlgorithmName.SHA256, EcFormat),
                ("1.2.840.10045.4.3.3", ECDsa ec) => ec.VerifyData(data, signature, HashAlgorithmName.SHA384, EcFormat),
                ("1.2.840.10045.4.3.4", ECDsa ec) => ec.VerifyData(data, signature, HashAlgorithmName.SHA512, EcFormat),
                _ => false,
            };
        }
        catch (Exception e) when (e is CryptographicException or AsnContentException)
        {
            // A key or signature that is none signs nothing.
            return false;
        }
    }

    private static bool IsFor(X509Certificate leaf, string host)
    {
        if (IPAddress.TryParse(host.Trim('[', ']'), out var address))
        {
            return X509Values.Addresses(leaf).Any(address.Equals);
        }

        var wanted = host.TrimEnd('.').ToLower(CultureInfo.InvariantCulture).Split('.');
        return X509Values.AlternativeNames(leaf, 2).Any(name =>
        {
            var labels = name.TrimEnd('.').ToLower(CultureInfo.InvariantCulture).Split('.');
            return labels.Length == wanted.Length && labels.Index()
                .All(label => label.Item == wanted[label.Index] || (label.Index == 0 && label.Item == "*" && wanted.Length > 1));
        });
    }
}
