using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Primitives.Cose;
using Casemate.Primitives.Text;

namespace Casemate.Measurement.Endorsement;

/// <summary>
/// A publisher's statement that a launch measurement of SEV-SNP is that of its guest image: makes the signed messages that
/// <c>GuestImageVerifier</c> verifies and that users of Azure's utility VMs know as reference info.
/// </summary>
public sealed record GuestImageStatement
{
    private const int MeasurementSize = 48;

    /// <summary>The publisher's identifier (did:x509), which its certificates must fit. See <see cref="IssuerOf"/>.</summary>
    public required string Issuer { get; init; }

    /// <summary>Which image of the publisher's.</summary>
    public required string Feed { get; init; }

    /// <summary>The launch measurement, 48 bytes.</summary>
    public required ReadOnlyMemory<byte> LaunchMeasurement { get; init; }

    /// <summary>The image's security version, 0 or more.</summary>
    public required long Svn { get; init; }

    /// <summary>When the publisher says that it signs; null to say nothing.</summary>
    public DateTimeOffset? SigningTime { get; init; }

    /// <summary>
    /// Whether issuer and feed are claims of a CBOR Web Token (parameter 15, RFC 9597) instead of the parameters <c>iss</c> and
    /// <c>feed</c>.
    /// Default: false, which older readers want.
    /// </summary>
    public bool UsesClaims { get; init; }

    /// <summary>The identifier of a publisher whose certificate has a purpose and comes from a CA.</summary>
    /// <param name="ca">The CA's certificate, DER: any of the chain but the publisher's own.</param>
    /// <param name="purpose">The object identifier of the purpose (extended key usage), in dots.</param>
    public static string IssuerOf(ReadOnlySpan<byte> ca, string purpose)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        return $"did:x509:0:sha256:{Base64UrlText.Encode(SHA256.HashData(ca))}::eku:{purpose}";
    }

    /// <summary>Signs the statement.</summary>
    /// <param name="certificates">DER certificates from the publisher's to its CA's, at least two.</param>
    /// <param name="key">The publisher's key.</param>
    /// <returns>The message: COSE_Sign1 with its tag.</returns>
    /// <exception cref="ArgumentException">A part has not the form that verifiers ask for.</exception>
    public byte[] Sign(IReadOnlyList<ReadOnlyMemory<byte>> certificates, CoseSigningKey key)
    {
        ArgumentNullException.ThrowIfNull(certificates);
        if (LaunchMeasurement.Length != MeasurementSize)
        {
            throw new ArgumentException($"A launch measurement has {MeasurementSize} bytes, not {LaunchMeasurement.Length}.");
        }

        if (Svn < 0 || Feed.Length == 0 || certificates.Count < 2)
        {
            throw new ArgumentException("A statement has a security version of 0 or more, a feed, and a chain of at least two certificates.");
        }

        var header = new CoseHeader
        {
            ContentType = "application/json",
            CertificateChain = certificates,
            HasThumbprint = true,
            SigningTime = SigningTime,
            Claims = UsesClaims ? (Issuer, Feed) : null,
            Texts = UsesClaims ? new Dictionary<string, string>() : new Dictionary<string, string> { ["iss"] = Issuer, ["feed"] = Feed },
        };
        return CoseSign1.Sign(header, Payload(), key);
    }

    private byte[] Payload()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("x-ms-sevsnpvm-guestsvn", Svn.ToString(CultureInfo.InvariantCulture));
            json.WriteString("x-ms-sevsnpvm-launchmeasurement", Convert.ToHexStringLower(LaunchMeasurement.Span));
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
