using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Casemate.Attestation.Bench.Baseline;

/// <summary>
/// A certificate as a program built on the framework reads it: <see cref="X509Certificate2"/> for names, dates, key and extensions, and
/// an <see cref="AsnReader"/> for the signed part, which the framework's class does not give.
/// </summary>
internal sealed class ParsedCertificate : IDisposable
{
    private readonly ReadOnlyMemory<byte> _signedPart;
    private readonly byte[] _signature;
    private ECDsa? _ecdsa;
    private RSA? _rsa;

    public ParsedCertificate(X509Certificate2 certificate)
    {
        Certificate = certificate;
        (_signedPart, _signature) = SplitSigned(certificate.RawDataMemory);
    }

    public X509Certificate2 Certificate { get; }

    public ReadOnlySpan<byte> Serial => Certificate.SerialNumberBytes.Span;

    public ECDsa EcdsaKey => _ecdsa ??= Certificate.GetECDsaPublicKey() ?? throw new CryptographicException("not an EC key");

    private RSA RsaKey => _rsa ??= Certificate.GetRSAPublicKey() ?? throw new CryptographicException("not an RSA key");

    /// <summary>Reads every certificate of a PEM text, in its order.</summary>
    public static ParsedCertificate[] ReadPem(ReadOnlySpan<byte> pem)
    {
        var certificates = new List<ParsedCertificate>(3);
        while (PemEncoding.TryFindUtf8(pem, out var fields))
        {
            var der = new byte[fields.DecodedDataLength];
            System.Buffers.Text.Base64.DecodeFromUtf8(pem[fields.Base64Data], der, out _, out _);
            certificates.Add(new ParsedCertificate(X509CertificateLoader.LoadCertificate(der)));
            pem = pem[fields.Location.End..];
        }

        return [.. certificates];
    }

    /// <summary>Splits SEQUENCE { signed part, algorithm, signature }, the outer form of certificates and revocation lists.</summary>
    public static (ReadOnlyMemory<byte> SignedPart, byte[] Signature) SplitSigned(ReadOnlyMemory<byte> der)
    {
        var outer = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        var signedPart = outer.ReadEncodedValue();
        _ = outer.ReadEncodedValue();
        return (signedPart, outer.ReadBitString(out _));
    }

    public bool IsValidAt(DateTimeOffset now) =>
        now.UtcDateTime >= Certificate.NotBefore.ToUniversalTime() && now.UtcDateTime <= Certificate.NotAfter.ToUniversalTime();

    public bool IsIssuedByEcdsa(ParsedCertificate issuer) =>
        NamesChain(issuer)
        && issuer.EcdsaKey.VerifyData(_signedPart.Span, _signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    public bool IsIssuedByRsa(ParsedCertificate issuer) =>
        NamesChain(issuer)
        && issuer.RsaKey.VerifyData(_signedPart.Span, _signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pss);

    /// <summary>The value of an extension, by its OID.</summary>
    public byte[] Extension(string oid) =>
        Certificate.Extensions[oid]?.RawData ?? throw new CryptographicException($"extension {oid} is missing");

    public void Dispose()
    {
        _ecdsa?.Dispose();
        _rsa?.Dispose();
        Certificate.Dispose();
    }

    private bool NamesChain(ParsedCertificate issuer) =>
        Certificate.IssuerName.RawData.AsSpan().SequenceEqual(issuer.Certificate.SubjectName.RawData)
        && issuer.Certificate.Extensions["2.5.29.19"] is X509BasicConstraintsExtension { CertificateAuthority: true };
}
