using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace Casemate.Simulator.Pki;

/// <summary>
/// How one simulated certificate departs from its proper form, for evidence that is wrong in exactly one way. The certificate is
/// signed after the changes, by its proper issuer (see the signer options of the scenario for another one).
/// </summary>
/// <example>
/// A PCK certificate that ended an hour before <c>noon</c>:
/// <code>
/// var expired = platform.Dcap.With(s => s with { Certificates = s.Certificates with { Pck = new() { NotAfter = noon.AddHours(-1) } } });
/// </code>
/// </example>
public sealed record CertificateChanges
{
    /// <summary>The certificate in its proper form.</summary>
    public static CertificateChanges None { get; } = new();

    /// <summary>Common name of the subject; null: the proper one.</summary>
    public string? CommonName { get; init; }

    /// <summary>Common name in the issuer field; null: the issuer's subject.</summary>
    public string? IssuerCommonName { get; init; }

    /// <summary>Begin of validity, whole seconds; null: the day before the installation was created.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>End of validity, whole seconds; null: far in the future.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>Serial number, unsigned big endian, 1 to 20 bytes; null: the proper one.</summary>
    public byte[]? SerialNumber { get; init; }

    /// <summary>The cA flag of basicConstraints; null: the proper one.</summary>
    public bool? IsCertificateAuthority { get; init; }

    /// <summary>Key usage bits; null: the proper ones.</summary>
    public X509KeyUsageFlags? KeyUsage { get; init; }

    /// <summary>Extensions to leave out, by dotted object identifier.</summary>
    public ImmutableArray<string> OmittedExtensions { get; init; } = [];

    /// <summary>Extensions to append. Omit the proper one first to replace it.</summary>
    public ImmutableArray<CertificateExtension> AddedExtensions { get; init; } = [];
}
