using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Casemate.Oci.Signatures;

namespace Casemate.Oci.Tests.Signatures;

/// <summary>
/// An instance of sigstore for tests: a certificate authority, a certificate log, a log of signatures with one entry. It makes what
/// the public instance makes, and, asked to, what no instance should make.
/// </summary>
internal sealed class SigstoreInstance : IDisposable
{
    public static readonly DateTimeOffset SignedAt = new(2030, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private readonly ECDsa _issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _certificateLogKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _logKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _signerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _issuer;

    public SigstoreInstance()
    {
        var root = new CertificateRequest("CN=root", _rootKey, HashAlgorithmName.SHA384);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        root.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(root.PublicKey, false));
        _root = root.CreateSelfSigned(SignedAt.AddYears(-5), SignedAt.AddYears(5));

        var issuer = new CertificateRequest("CN=issuer", _issuerKey, HashAlgorithmName.SHA256);
        issuer.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        issuer.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(issuer.PublicKey, false));
        _issuer = issuer.Create(_root, SignedAt.AddYears(-1), SignedAt.AddYears(1), [1, 2, 3]);
    }

    public string Identity { get; set; } = "maker@example.org";

    public string? Issuer { get; set; } = "https://issuer.example";

    public string? OlderIssuer { get; set; }

    public string? SecondIdentity { get; set; }

    public string? Usage { get; set; } = "1.3.6.1.5.5.7.3.3";

    public bool IsAuthority { get; set; }

    public bool Promised { get; set; } = true;

    public TimeSpan LoggedAfter { get; set; } = TimeSpan.FromMinutes(1);

    public SignaturePolicy Policy => SignaturePolicy.ForIdentity(
        Root(), TextPattern.Exactly("maker@example.org"), TextPattern.Exactly("https://issuer.example"));

    public SignatureKey SignerKey => SignatureKey.Parse(_signerKey.ExportSubjectPublicKeyInfoPem());

    public void Dispose()
    {
        foreach (var key in (ECDsa[])[_rootKey, _issuerKey, _certificateLogKey, _logKey, _signerKey])
        {
            key.Dispose();
        }

        _root.Dispose();
        _issuer.Dispose();
    }

    public TrustedRoot Root() => TrustedRoot.Parse(Encoding.UTF8.GetBytes(new JsonObject
    {
        ["mediaType"] = "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        ["tlogs"] = new JsonArray(Log(_logKey)),
        ["ctlogs"] = new JsonArray(Log(_certificateLogKey)),
        ["certificateAuthorities"] = new JsonArray(new JsonObject
        {
            ["certChain"] = new JsonObject { ["certificates"] = new JsonArray(Raw(_issuer.RawData), Raw(_root.RawData)) },
        }),
    }.ToJsonString()));

    /// <summary>A bundle that signs content, with an entry of the kind hashedrekord.</summary>
    public byte[] Bundle(byte[] content, int version = 3)
    {
        var signature = Sign(_signerKey, content);
        var certificate = Certificate();
        return Bundle(version, certificate, HashedRecord(content, signature, CertificatePem(certificate)), "hashedrekord", "0.0.1", json =>
            json["messageSignature"] = new JsonObject
            {
                ["messageDigest"] = new JsonObject { ["algorithm"] = "SHA2_256", ["digest"] = Convert.ToBase64String(SHA256.HashData(content)) },
                ["signature"] = Convert.ToBase64String(signature),
            });
    }

    /// <summary>A bundle that signs a statement, with an entry of the kind intoto.</summary>
    public byte[] StatementBundle(Digest image)
    {
        var payload = InTotoStatement.Write(image);
        var signature = Sign(_signerKey, DsseEnvelope.Encode(DsseEnvelope.InToto, payload));
        var certificate = Certificate();
        var body = new JsonObject
        {
            ["apiVersion"] = "0.0.2",
            ["kind"] = "intoto",
            ["spec"] = new JsonObject
            {
                ["content"] = new JsonObject
                {
                    ["envelope"] = new JsonObject
                    {
                        ["payloadType"] = DsseEnvelope.InToto,
                        ["signatures"] = new JsonArray(new JsonObject
                        {
                            ["publicKey"] = Base64(CertificatePem(certificate)),
                            ["sig"] = Base64(Convert.ToBase64String(signature)),
                        }),
                    },
                    ["payloadHash"] = new JsonObject { ["algorithm"] = "sha256", ["value"] = Convert.ToHexStringLower(SHA256.HashData(payload)) },
                },
            },
        }.ToJsonString();
        return Bundle(3, certificate, Encoding.UTF8.GetBytes(body), "intoto", "0.0.2", json =>
            json["dsseEnvelope"] = new JsonObject
            {
                ["payload"] = Convert.ToBase64String(payload),
                ["payloadType"] = DsseEnvelope.InToto,
                ["signatures"] = new JsonArray(new JsonObject { ["sig"] = Convert.ToBase64String(signature) }),
            });
    }

    /// <summary>The annotations of a simple signature, with the certificate and the log's promise.</summary>
    public Dictionary<string, string> Annotations(byte[] payload, bool withCertificate = true)
    {
        var signature = Sign(_signerKey, payload);
        var certificate = Certificate();
        var verifier = withCertificate ? CertificatePem(certificate) : _signerKey.ExportSubjectPublicKeyInfoPem();
        var body = HashedRecord(payload, signature, verifier);
        var time = Seconds();
        var annotations = new Dictionary<string, string>
        {
            [CosignSignature.SignatureAnnotation] = Convert.ToBase64String(signature),
            ["dev.sigstore.cosign/bundle"] = new JsonObject
            {
                ["SignedEntryTimestamp"] = Convert.ToBase64String(Promise(body, time)),
                ["Payload"] = new JsonObject
                {
                    ["body"] = Convert.ToBase64String(body),
                    ["integratedTime"] = time,
                    ["logIndex"] = 7,
                    ["logID"] = Convert.ToHexStringLower(SHA256.HashData(_logKey.ExportSubjectPublicKeyInfo())),
                },
            }.ToJsonString(),
        };
        if (withCertificate)
        {
            annotations["dev.sigstore.cosign/certificate"] = CertificatePem(certificate);
            annotations["dev.sigstore.cosign/chain"] = CertificatePem(_issuer.RawData) + "\n" + CertificatePem(_root.RawData);
        }

        return annotations;
    }

    private byte[] Bundle(int version, byte[] certificate, byte[] body, string kind, string kindVersion, Action<JsonObject> content)
    {
        var time = Seconds();
        var sibling = SHA256.HashData("the other leaf"u8);
        var root = SHA256.HashData([1, .. sibling, .. SHA256.HashData([0, .. body])]);
        var text = $"log.example\n2\n{Convert.ToBase64String(root)}\n";
        byte[] note = [.. SHA256.HashData(_logKey.ExportSubjectPublicKeyInfo())[..4], .. Sign(_logKey, Encoding.UTF8.GetBytes(text))];
        var entry = new JsonObject
        {
            ["logIndex"] = "7",
            ["logId"] = new JsonObject { ["keyId"] = LogId(_logKey) },
            ["kindVersion"] = new JsonObject { ["kind"] = kind, ["version"] = kindVersion },
            ["integratedTime"] = time.ToString(CultureInfo.InvariantCulture),
            ["inclusionPromise"] = new JsonObject { ["signedEntryTimestamp"] = Convert.ToBase64String(Promise(body, time)) },
            ["canonicalizedBody"] = Convert.ToBase64String(body),
        };
        if (version > 1)
        {
            entry["inclusionProof"] = new JsonObject
            {
                ["logIndex"] = "1",
                ["rootHash"] = Convert.ToBase64String(root),
                ["treeSize"] = "2",
                ["hashes"] = new JsonArray(Convert.ToBase64String(sibling)),
                ["checkpoint"] = new JsonObject { ["envelope"] = $"{text}\n— log.example {Convert.ToBase64String(note)}\n" },
            };
        }

        var json = new JsonObject
        {
            ["mediaType"] = $"application/vnd.dev.sigstore.bundle+json;version=0.{version}",
            ["verificationMaterial"] = new JsonObject { ["tlogEntries"] = new JsonArray(entry) },
        };
        if (version == 3)
        {
            json["verificationMaterial"]!["certificate"] = Raw(certificate);
        }
        else
        {
            json["verificationMaterial"]!["x509CertificateChain"] =
                new JsonObject { ["certificates"] = new JsonArray(Raw(certificate), Raw(_issuer.RawData)) };
        }

        content(json);
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    private long Seconds() => (SignedAt + LoggedAfter).ToUnixTimeSeconds();

    private byte[] Promise(byte[] body, long time) => Sign(_logKey, Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"body":"{{Convert.ToBase64String(body)}}","integratedTime":{{time}},"logID":"{{Convert.ToHexStringLower(SHA256.HashData(_logKey.ExportSubjectPublicKeyInfo()))}}","logIndex":7}""")));

    private static byte[] HashedRecord(byte[] content, byte[] signature, string verifier) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["apiVersion"] = "0.0.1",
        ["kind"] = "hashedrekord",
        ["spec"] = new JsonObject
        {
            ["data"] = new JsonObject
            {
                ["hash"] = new JsonObject { ["algorithm"] = "sha256", ["value"] = Convert.ToHexStringLower(SHA256.HashData(content)) },
            },
            ["signature"] = new JsonObject
            {
                ["content"] = Convert.ToBase64String(signature),
                ["publicKey"] = new JsonObject { ["content"] = Base64(verifier) },
            },
        },
    }.ToJsonString());

    private byte[] Certificate()
    {
        using var unlogged = Request(null);
        if (!Promised)
        {
            return unlogged.RawData;
        }

        // The part that the log promised to publish, and then the same with the promise in it.
        var reader = new AsnReader(unlogged.RawData, AsnEncodingRules.DER).ReadSequence();
        var tbs = reader.ReadEncodedValue().Span;
        var time = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(time, SignedAt.ToUnixTimeMilliseconds());
        byte[] signed =
        [
            0, 0, .. time, 0, 1, .. SHA256.HashData(_issuerKey.ExportSubjectPublicKeyInfo()),
            (byte)(tbs.Length >> 16), (byte)(tbs.Length >> 8), (byte)tbs.Length, .. tbs, 0, 0,
        ];
        var signature = Sign(_certificateLogKey, signed);
        byte[] promise =
        [
            0, .. SHA256.HashData(_certificateLogKey.ExportSubjectPublicKeyInfo()), .. time, 0, 0, 4, 3, 0, (byte)signature.Length, .. signature,
        ];
        byte[] list = [0, (byte)(promise.Length + 2), 0, (byte)promise.Length, .. promise];
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteOctetString(list);
        using var logged = Request(new X509Extension("1.3.6.1.4.1.11129.2.4.2", writer.Encode(), critical: false));
        return logged.RawData;
    }

    private X509Certificate2 Request(X509Extension? promises)
    {
        var request = new CertificateRequest(new X500DistinguishedName(""), _signerKey, HashAlgorithmName.SHA256);
        if (IsAuthority)
        {
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        }

        if (Usage is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(Usage)], false));
        }

        var names = new SubjectAlternativeNameBuilder();
        names.AddEmailAddress(Identity);
        if (SecondIdentity is not null)
        {
            names.AddEmailAddress(SecondIdentity);
        }

        request.CertificateExtensions.Add(names.Build(critical: true));
        if (OlderIssuer is not null)
        {
            request.CertificateExtensions.Add(new X509Extension("1.3.6.1.4.1.57264.1.1", Encoding.UTF8.GetBytes(OlderIssuer), false));
        }

        if (Issuer is not null)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, Issuer);
            request.CertificateExtensions.Add(new X509Extension("1.3.6.1.4.1.57264.1.8", writer.Encode(), false));
        }

        if (promises is not null)
        {
            request.CertificateExtensions.Add(promises);
        }

        return request.Create(
            _issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(_issuerKey), SignedAt, SignedAt.AddMinutes(10), [7, 7, 7]);
    }

    private static JsonObject Log(ECDsa key) => new()
    {
        ["hashAlgorithm"] = "SHA2_256",
        ["publicKey"] = new JsonObject
        {
            ["rawBytes"] = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()),
            ["keyDetails"] = "PKIX_ECDSA_P256_SHA_256",
        },
        ["logId"] = new JsonObject { ["keyId"] = LogId(key) },
    };

    private static JsonObject Raw(byte[] der) => new() { ["rawBytes"] = Convert.ToBase64String(der) };

    private static string LogId(ECDsa key) => Convert.ToBase64String(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));

    private static string CertificatePem(byte[] der) => PemEncoding.WriteString("CERTIFICATE", der) + "\n";

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static byte[] Sign(ECDsa key, byte[] data) => key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
}
