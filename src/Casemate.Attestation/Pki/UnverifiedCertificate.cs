using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Casemate.Attestation.Sgx;
using Casemate.Attestation.Snp;

namespace Casemate.Attestation.Pki;

/// <summary>
/// What a certificate in evidence or collateral says of itself, for display. Nothing is verified: neither its signature nor its
/// issuer nor its dates. Decisions come from the verifiers alone.
/// </summary>
public sealed record UnverifiedCertificate
{
    private UnverifiedCertificate()
    {
    }

    /// <summary>The subject's distinguished name, such as <c>CN=Intel SGX PCK Certificate, O=Intel Corporation</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>The issuer's distinguished name.</summary>
    public required string Issuer { get; init; }

    /// <summary>Serial number, lower-case hex without leading zero octets.</summary>
    public required string SerialNumber { get; init; }

    /// <summary>Start of validity, inclusive.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>End of validity, inclusive.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>The subject's key: <c>P-256</c>, <c>P-384</c>, <c>RSA</c> or <c>unsupported</c>.</summary>
    public required string Key { get; init; }

    /// <summary>basicConstraints cA.</summary>
    public required bool IsCa { get; init; }

    /// <summary>
    /// Intel's SGX extension (PCK Certificate and CRL Profile, section 1.3.5); null where there is none that can be read.
    /// </summary>
    public PckPlatform? Platform { get; init; }

    /// <summary>CPUSVN of the SGX extension, 16 bytes; empty without one.</summary>
    public ImmutableArray<byte> CpuSvn { get; init; } = [];

    /// <summary>Product name of a VCEK or VLEK (AMD 57230, chapter 3), such as <c>Milan-B0</c>; null for other certificates.</summary>
    public string? ProductName { get; init; }

    /// <summary>The TCB that a VCEK or VLEK is derived for; null for other certificates.</summary>
    public SnpTcb? Tcb { get; init; }

    /// <summary>
    /// Hardware id of a VCEK, 64 bytes, Turin 8. Identifies one machine: keep it out of logs. Empty in other certificates.
    /// </summary>
    public ImmutableArray<byte> HardwareId { get; init; } = [];

    /// <summary>Who a VLEK was lent to; empty in other certificates.</summary>
    public string CspId { get; init; } = "";

    /// <summary>Why an extension of Intel or AMD is there but cannot be read; empty when there is nothing to say.</summary>
    public string ExtensionProblem { get; init; } = "";

    /// <summary>Reads one certificate.</summary>
    /// <param name="der">Exactly one certificate, at most 16 KiB.</param>
    /// <param name="certificate">The certificate, or null.</param>
    /// <param name="error">What is wrong; empty on success.</param>
    public static bool TryRead(ReadOnlySpan<byte> der, out UnverifiedCertificate? certificate, out string error)
    {
        certificate = Certificate.TryParse(der, out var parsed, out error) ? Of(parsed!) : null;
        return certificate is not null;
    }

    /// <summary>Reads the certificates of a PEM text, such as the certification data of a quote.</summary>
    /// <param name="pem">At most 64 KiB and eight certificates; a final NUL is tolerated.</param>
    /// <param name="certificates">The certificates in order; empty on failure.</param>
    /// <param name="error">What is wrong; empty on success.</param>
    public static bool TryReadPem(ReadOnlySpan<byte> pem, out ImmutableArray<UnverifiedCertificate> certificates, out string error)
    {
        var read = PemCertificates.TryRead(pem, out var parsed, out error);
        certificates = read ? [.. parsed.Select(Of)] : [];
        return read;
    }

    internal static UnverifiedCertificate Of(Certificate certificate)
    {
        var basic = new UnverifiedCertificate
        {
            Subject = NameOf(certificate.Subject.Span, certificate.CommonName),
            Issuer = NameOf(certificate.Issuer.Span, certificate.IssuerCommonName),
            SerialNumber = Convert.ToHexStringLower(certificate.SerialNumber.Span),
            NotBefore = certificate.NotBefore,
            NotAfter = certificate.NotAfter,
            Key = certificate.KeyKind switch
            {
                KeyKind.P256 => "P-256",
                KeyKind.P384 => "P-384",
                KeyKind.Rsa => "RSA",
                _ => "unsupported",
            },
            IsCa = certificate.IsCa,
        };
        return WithVendorExtension(basic, certificate);
    }

    private static UnverifiedCertificate WithVendorExtension(UnverifiedCertificate basic, Certificate certificate)
    {
        if (certificate.TryGetExtension(Oid.SgxExtension, out _))
        {
            // Which members must be there depends on the issuing CA; whether it is the right one is for the verifier to say.
            var problem = SgxExtension.Read(certificate, platformCa: false, out var platform, out var cpuSvn);
            return basic with { Platform = platform, CpuSvn = [.. cpuSvn], ExtensionProblem = problem };
        }

        if (certificate.TryGetExtension([.. Oid.AmdExtensions, 2], out _))
        {
            var problem = VekExtensions.Read(certificate, out var vek);
            return vek is null
                ? basic with { ExtensionProblem = problem }
                : basic with { ProductName = vek.ProductName, Tcb = vek.Tcb, HardwareId = [.. vek.HardwareId], CspId = vek.CspId };
        }

        return basic;
    }

    private static string NameOf(ReadOnlySpan<byte> name, string commonName)
    {
        try
        {
            return new X500DistinguishedName(name).Name;
        }
        catch (CryptographicException)
        {
            // The chains' own reader takes names as bytes and is less particular than the framework's formatter.
            return commonName.Length == 0 ? "(unreadable name)" : $"CN={commonName}";
        }
    }
}
