using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;

namespace Casemate.Rego.Builtins;

/// <summary>Certificates, requests for them, and private keys.</summary>
internal static class X509Builtins
{
    private const int MostBytes = 1024 * 1024;
    private const int MostCertificates = 256;

    private static readonly string[] s_usageNames =
    [
        "KeyUsageAny", "KeyUsageServerAuth", "KeyUsageClientAuth", "KeyUsageCodeSigning", "KeyUsageEmailProtection", "KeyUsageIPSECEndSystem",
        "KeyUsageIPSECTunnel", "KeyUsageIPSECUser", "KeyUsageTimeStamping", "KeyUsageOCSPSigning", "KeyUsageMicrosoftServerGatedCrypto",
        "KeyUsageNetscapeServerGatedCrypto", "KeyUsageMicrosoftCommercialCodeSigning", "KeyUsageMicrosoftKernelCodeSigning",
    ];

    public static void Register(BuiltinTable table)
    {
        table.Add("crypto.x509.parse_certificates", "s", (c, a) => Guard(c, "crypto.x509.parse_certificates", () =>
            RegoArray.Create(Certificates(c, Text(a)).Select(X509Values.Certificate))));
        table.Add("crypto.x509.parse_certificate_request", "s", (c, a) => Guard(c, "crypto.x509.parse_certificate_request", () =>
            X509Values.Request(X509Certificate.ReadRequest(Blocks(c, Text(a), "CERTIFICATE REQUEST").First()))));
        table.Add("crypto.x509.parse_and_verify_certificates", "s", (c, a) => Verify(c, a, RegoObject.Empty));
        table.Add("crypto.x509.parse_and_verify_certificates_with_options", "s", "o", (c, a, b) => Verify(c, a, (RegoObject)b));
        table.Add("crypto.x509.parse_rsa_private_key", "s", (c, a) => Guard(c, "crypto.x509.parse_rsa_private_key", () =>
            FirstKey(c, Text(a))));
        table.Add("crypto.parse_private_keys", "s", (c, a) => Guard(c, "crypto.parse_private_keys", () => AllKeys(c, Text(a))));
        table.Add("crypto.x509.parse_keypair", "s", "s", (c, a, b) => Guard(c, "crypto.x509.parse_keypair", () =>
            KeyPair(c, Text(a), Text(b))));
    }

    // A key on a curve that the platform does not know counts too.
    private static bool IsMalformed(Exception e) => e is AsnContentException or CryptographicException or FormatException
        or ArgumentException or PlatformNotSupportedException;

    private static string Text(RegoValue value) => ((RegoString)value).Value;

    private static RegoValue? Guard(BuiltinContext context, string name, Func<RegoValue> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (IsMalformed(e))
        {
            return context.Error($"{name}: {e.Message}");
        }
    }

    private static List<X509Certificate> Certificates(BuiltinContext context, string text)
    {
        var found = new List<X509Certificate>();
        foreach (var block in Blocks(context, text, "CERTIFICATE"))
        {
            // Several certificates may follow each other in one block.
            for (var rest = block; !rest.IsEmpty;)
            {
                AsnDecoder.ReadEncodedValue(rest.Span, AsnEncodingRules.DER, out _, out _, out var length);
                if (found.Count >= MostCertificates)
                {
                    throw new FormatException($"there are more than {MostCertificates} certificates");
                }

                context.Step(100 + (length / 16));
                context.Charge(length * 8L);
                found.Add(X509Certificate.ReadCertificate(rest[..length]));
                rest = rest[length..];
            }
        }

        return found;
    }

    // PEM, PEM as base64, or DER as base64.
    private static List<ReadOnlyMemory<byte>> Blocks(BuiltinContext context, string text, string label)
    {
        if (text.Length > MostBytes)
        {
            throw new FormatException($"the text has more than {MostBytes} characters");
        }

        context.Step(text.Length / 64);
        if (!text.StartsWith("-----BEGIN", StringComparison.Ordinal))
        {
            var bytes = EncodingBuiltins.FromBase64(RegoString.Create(text), url: false) ?? throw new FormatException("illegal base64 data");
            if (!bytes.AsSpan().StartsWith("-----BEGIN"u8))
            {
                return [bytes];
            }

            text = Encoding.UTF8.GetString(bytes);
        }

        return [.. Pem(text).Select(block => block.Label == label
            || (label == "CERTIFICATE REQUEST" && block.Label == "NEW CERTIFICATE REQUEST")
            ? (ReadOnlyMemory<byte>)block.Bytes
            : throw new FormatException($"PEM block type is '{block.Label}', expected {label}"))];
    }

    private static IEnumerable<(string Label, byte[] Bytes)> Pem(string text)
    {
        for (var at = 0; PemEncoding.TryFind(text.AsSpan(at), out var found);)
        {
            var bytes = new byte[found.DecodedDataLength];
            _ = Convert.TryFromBase64Chars(text.AsSpan(at)[found.Base64Data], bytes, out _);
            yield return (text.AsSpan(at)[found.Label].ToString(), bytes);
            at += found.Location.End.Value;
        }
    }

    // [true, chain from the leaf to the root], or [false, []].
    private static RegoValue? Verify(BuiltinContext context, RegoValue text, RegoObject options)
    {
        const string Name = "crypto.x509.parse_and_verify_certificates_with_options";
        DateTimeOffset? now = context.Options.Now;
        var (usages, host) = (new List<string>(), (string?)null);
        foreach (var (key, value) in options)
        {
            switch ((key as RegoString)?.Value)
            {
                case "DNSName" when value is RegoString name:
                    host = name.Value;
                    break;
                case "CurrentTime" when value is RegoNumber { IsSmall: true } time:
                    now = DateTimeOffset.UnixEpoch.AddTicks(time.Small / 100);
                    break;
                case "MaxConstraintComparisons" when value is RegoNumber { IsSmall: true }:
                    break;
                case "KeyUsages" when value is RegoArray or RegoSet:
                    foreach (var usage in AggregateBuiltins.Items(value))
                    {
                        var index = Array.IndexOf(s_usageNames, (usage as RegoString)?.Value);
                        if (index < 0)
                        {
                            return context.Error($"{Name}: invalid entries for 'KeyUsages' found: [{usage}]");
                        }

                        usages.Add(X509Values.Usages[index]);
                    }

                    break;
                case "DNSName" or "CurrentTime" or "MaxConstraintComparisons" or "KeyUsages":
                    return context.Error($"{Name}: '{((RegoString)key).Value}' has the wrong type");
                default:
                    return context.Error($"{Name}: invalid key option");
            }
        }

        if (now is null)
        {
            return context.Error(
                "crypto.x509.parse_and_verify_certificates: the host gave the evaluation no time, and the options name none");
        }

        var refused = RegoArray.Own([RegoValue.False, RegoArray.Empty]);
        try
        {
            var wanted = usages.Count == 0 ? [X509Values.Usages[1]] : usages;
            return X509Chain.Find(Certificates(context, Text(text)), now.Value, wanted, host, context.Step) is { } chain
                ? RegoArray.Own([RegoValue.True, RegoArray.Create(chain.Select(X509Values.Certificate))])
                : refused;
        }
        catch (Exception e) when (IsMalformed(e))
        {
            // What is no certificate is no chain.
            return refused;
        }
    }

    private static RegoValue FirstKey(BuiltinContext context, string text)
    {
        if (text.Length == 0)
        {
            throw new FormatException("input PEM data was empty");
        }

        using var key = Keys(context, text).FirstOrDefault();
        return key switch
        {
            RSA rsa => Jwk(rsa.ExportParameters(true)),
            ECDsa ec => Jwk(ec),
            _ => RegoValue.Null,
        };
    }

    private static RegoValue AllKeys(BuiltinContext context, string text)
    {
        if (text.Length == 0)
        {
            return RegoValue.Null;
        }

        var keys = Keys(context, text).ToList();
        try
        {
            return RegoArray.Create(keys.Select(PrivateKey));
        }
        finally
        {
            keys.ForEach(key => key.Dispose());
        }
    }

    private static RegoValue KeyPair(BuiltinContext context, string certificateText, string keyText)
    {
        var certificates = Certificates(context, certificateText);
        using var key = Keys(context, keyText).FirstOrDefault() ?? throw new FormatException("failed to find a private key");
        using var certified = certificates.Count > 0 ? certificates[0].PublicKey()
            : throw new FormatException("failed to find a certificate");
        var fits = (key, certified) switch
        {
            (RSA a, RSA b) => a.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(b.ExportSubjectPublicKeyInfo()),
            (ECDsa a, ECDsa b) => a.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(b.ExportSubjectPublicKeyInfo()),
            _ => false,
        };
        if (!fits)
        {
            throw new FormatException("private key does not match public key");
        }

        return GoJson.Object(
            ("Certificate", RegoArray.Create(certificates.Select(certificate => GoJson.Base64(certificate.Raw.Span)))),
            ("PrivateKey", PrivateKey(key)), ("Leaf", X509Values.Certificate(certificates[0])), ("OCSPStaple", RegoValue.Null),
            ("SignedCertificateTimestamps", RegoValue.Null), ("SupportedSignatureAlgorithms", RegoValue.Null));
    }

    private static IEnumerable<AsymmetricAlgorithm> Keys(BuiltinContext context, string text)
    {
        if (text.Length > MostBytes)
        {
            throw new FormatException($"the text has more than {MostBytes} characters");
        }

        if (!text.StartsWith("-----BEGIN", StringComparison.Ordinal)
            && EncodingBuiltins.FromBase64(RegoString.Create(text), url: false) is { } bytes)
        {
            text = Encoding.UTF8.GetString(bytes);
        }

        foreach (var (label, der) in Pem(text))
        {
            context.Step(5000);
            if (label is "RSA PRIVATE KEY")
            {
                var rsa = RSA.Create();
                rsa.ImportRSAPrivateKey(der, out _);
                yield return rsa;
            }
            else if (label is "EC PRIVATE KEY")
            {
                var ec = ECDsa.Create();
                ec.ImportECPrivateKey(der, out _);
                yield return ec;
            }
            else if (label is "PRIVATE KEY")
            {
                yield return FromPkcs8(der);
            }
        }
    }

    private static AsymmetricAlgorithm FromPkcs8(byte[] der)
    {
        var info = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        info.ReadInteger();
        if (info.ReadSequence().ReadObjectIdentifier() == "1.2.840.10045.2.1")
        {
            var ec = ECDsa.Create();
            ec.ImportPkcs8PrivateKey(der, out _);
            return ec;
        }

        var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(der, out _);
        return rsa;
    }

    private static RegoString Encoded(byte[]? bytes) => RegoString.Create(System.Buffers.Text.Base64Url.EncodeToString(bytes));

    private static RegoObject Jwk(RSAParameters key) => GoJson.Object(
        ("kty", RegoString.Create("RSA")), ("n", Encoded(key.Modulus)), ("e", Encoded(key.Exponent)), ("d", Encoded(key.D)),
        ("p", Encoded(key.P)), ("q", Encoded(key.Q)), ("dp", Encoded(key.DP)), ("dq", Encoded(key.DQ)), ("qi", Encoded(key.InverseQ)));

    private static RegoObject Jwk(ECDsa key)
    {
        var (numbers, curve) = (key.ExportParameters(true), key.KeySize switch { 256 => "P-256", 384 => "P-384", _ => "P-521" });
        return GoJson.Object(
            ("kty", RegoString.Create("EC")), ("crv", RegoString.Create(curve)), ("x", Encoded(numbers.Q.X)), ("y", Encoded(numbers.Q.Y)),
            ("d", Encoded(numbers.D)));
    }

    private static RegoValue PrivateKey(AsymmetricAlgorithm key)
    {
        if (key is ECDsa ec)
        {
            var point = ec.ExportParameters(true);
            return GoJson.Object(
                ("Curve", RegoObject.Empty), ("X", GoJson.Unsigned(point.Q.X)), ("Y", GoJson.Unsigned(point.Q.Y)),
                ("D", GoJson.Unsigned(point.D)));
        }

        var numbers = ((RSA)key).ExportParameters(true);
        return GoJson.Object(
            ("N", GoJson.Unsigned(numbers.Modulus)), ("E", GoJson.Unsigned(numbers.Exponent)), ("D", GoJson.Unsigned(numbers.D)),
            ("Primes", RegoArray.Own([GoJson.Unsigned(numbers.P), GoJson.Unsigned(numbers.Q)])),
            ("Precomputed", GoJson.Object(
                ("Dp", GoJson.Unsigned(numbers.DP)), ("Dq", GoJson.Unsigned(numbers.DQ)), ("Qinv", GoJson.Unsigned(numbers.InverseQ)),
                ("CRTValues", RegoArray.Empty))));
    }
}
