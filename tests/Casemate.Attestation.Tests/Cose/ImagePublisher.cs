using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Casemate.Primitives.Cose;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Cose;

/// <summary>
/// A publisher of guest images with a CA of its own, which signs endorsements. Every part of certificates, headers and payload can be made
/// wrong on its own.
/// </summary>
internal sealed class ImagePublisher
{
    public const string Feed = "images";
    public const string Purpose = "1.3.6.1.4.1.311.76.59.1.2";

    private static readonly Lazy<ECDsa> s_caKey = new(() => ECDsa.Create(ECCurve.NamedCurves.nistP384));
    private static readonly Lazy<ECDsa> s_p256 = new(() => ECDsa.Create(ECCurve.NamedCurves.nistP256));
    private static readonly Lazy<ECDsa> s_p384 = new(() => ECDsa.Create(ECCurve.NamedCurves.nistP384));
    private static readonly Lazy<RSA> s_rsa = new(() => RSA.Create(2048));
    private static readonly X500DistinguishedName s_caName = new("CN=Images CA, O=Casemate tests");

    public static byte[] Measurement { get; } = Simulated.Bytes(48, 0x10);

    /// <summary>What the header says; the key's kind follows unless <see cref="Key"/> says otherwise.</summary>
    public int Algorithm { get; init; } = CoseAlgorithm.Es256;

    public AsymmetricAlgorithm? Key { get; init; }

    public string Subject { get; init; } = "CN=Images, O=Casemate tests, OU=Unit 7";

    public DateTimeOffset NotAfter { get; init; } = Simulated.Noon.AddMonths(6);

    public DateTimeOffset NotBefore { get; init; } = Simulated.Noon.AddMonths(-6);

    public Action<CertificateRequest>? LeafExtensions { get; init; }

    public Action<CertificateRequest>? CaExtensions { get; init; }

    /// <summary>Changes the chain before it goes into the header.</summary>
    public Func<byte[][], byte[][]> Chain { get; init; } = chain => chain;

    /// <summary>Predicates of the identifier.</summary>
    public string Predicates { get; init; } = $"::eku:{Purpose}";

    /// <summary>The identifier; null: the CA's fingerprint with <see cref="Predicates"/>.</summary>
    public string? Did { get; init; }

    public string Payload { get; init; } = PayloadOf(Convert.ToHexString(Measurement), "\"7\"");

    /// <summary>Changes the protected parameters; the key is the encoded label.</summary>
    public Action<List<(byte[] Key, byte[] Value)>> Headers { get; init; } = _ => { };

    public DateTimeOffset? SigningTime { get; init; }

    private AsymmetricAlgorithm LeafKey => Key ?? Algorithm switch
    {
        CoseAlgorithm.Es256 => s_p256.Value,
        CoseAlgorithm.Es384 => s_p384.Value,
        _ => s_rsa.Value,
    };

    public static string PayloadOf(string measurement, string svn, string more = "") =>
        $$"""{"x-ms-sevsnpvm-guestsvn":{{svn}},"x-ms-sevsnpvm-launchmeasurement":"{{measurement}}"{{more}}}""";

    /// <summary>DER: the leaf, then the CA.</summary>
    public byte[][] Certificates()
    {
        var generator = X509SignatureGenerator.CreateForECDsa(s_caKey.Value);
        var ca = new CertificateRequest(s_caName, s_caKey.Value, HashAlgorithmName.SHA384);
        if (CaExtensions is null)
        {
            ca.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            ca.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        }

        CaExtensions?.Invoke(ca);
        using var caCertificate = ca.Create(s_caName, generator, Simulated.Noon.AddYears(-5), Simulated.Noon.AddYears(5), [1]);

        var name = new X500DistinguishedName(Subject);
        var leaf = LeafKey is RSA rsa
            ? new CertificateRequest(name, rsa, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(name, (ECDsa)LeafKey, HashAlgorithmName.SHA384);
        if (LeafExtensions is null)
        {
            leaf.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
            leaf.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.3"), new Oid(Purpose)], false));
        }

        LeafExtensions?.Invoke(leaf);
        using var leafCertificate = leaf.Create(s_caName, generator, NotBefore, NotAfter, [2]);
        return [leafCertificate.RawData, caCertificate.RawData];
    }

    /// <summary>The identifier that the endorsement names.</summary>
    public string DidOf(byte[] ca) => Did ?? $"did:x509:0:sha256:{Base64Url.EncodeToString(SHA256.HashData(ca))}{Predicates}";

    public (byte[] Message, string Did) Endorse()
    {
        var certificates = Certificates();
        var did = DidOf(certificates[1]);
        var chain = Chain(certificates);
        var items = chain.Select(c => CborBytes.Bytes(c)).ToArray();
        var headers = new List<(byte[] Key, byte[] Value)>
        {
            (CborBytes.Int(1), CborBytes.Int(Algorithm)),
            (CborBytes.Int(3), CborBytes.Text("application/json")),
            (CborBytes.Int(33), chain.Length == 1 ? items[0] : CborBytes.Array(items)),
            (CborBytes.Text("iss"), CborBytes.Text(did)),
            (CborBytes.Text("feed"), CborBytes.Text(Feed)),
        };
        if (SigningTime is { } time)
        {
            headers.Add((CborBytes.Text("signingtime"), CborBytes.Tag(1, CborBytes.Int(time.ToUnixTimeSeconds()))));
        }

        Headers(headers);
        var (protectedHeader, payload) = (CborBytes.Map([.. headers]), Encoding.UTF8.GetBytes(Payload));
        var signed = CborBytes.Array(
            CborBytes.Text("Signature1"), CborBytes.Bytes(protectedHeader), CborBytes.Bytes([]), CborBytes.Bytes(payload));
        var message = CborBytes.Tag(18, CborBytes.Array(
            CborBytes.Bytes(protectedHeader), CborBytes.Map(), CborBytes.Bytes(payload), CborBytes.Bytes(Sign(signed))));
        return (message, did);
    }

    private byte[] Sign(byte[] data) => (LeafKey, Algorithm) switch
    {
        (ECDsa key, _) => key.SignData(data, key.KeySize == 256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA384),
        (RSA key, CoseAlgorithm.Ps256) => key.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
        (RSA key, CoseAlgorithm.Ps384) => key.SignData(data, HashAlgorithmName.SHA384, RSASignaturePadding.Pss),
        (RSA key, _) => key.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        _ => throw new InvalidOperationException(),
    };
}
