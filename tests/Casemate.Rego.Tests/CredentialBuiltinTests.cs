using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Casemate.Rego.Tests;

/// <summary>Certificates, keys and tokens, held against the base library.</summary>
public sealed class CredentialBuiltinTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly RegoEvaluation s_now = new() { Now = s_noon };

    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private readonly RSA _leafKey = RSA.Create(2048);
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _middle;
    private readonly X509Certificate2 _leaf;

    public CredentialBuiltinTests()
    {
        var root = new CertificateRequest("CN=Root, O=Casemate", _rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 1, true));
        root.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _root = root.CreateSelfSigned(s_noon.AddYears(-1), s_noon.AddYears(5));
        var middle = new CertificateRequest("CN=Middle", _middleKey, HashAlgorithmName.SHA384);
        middle.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        _middle = middle.Create(_root.SubjectName, X509SignatureGenerator.CreateForECDsa(_rootKey), s_noon.AddYears(-1), s_noon.AddYears(2), [1, 2]);
        _leaf = Leaf(_middle.SubjectName, X509SignatureGenerator.CreateForECDsa(_middleKey));
    }

    [Fact]
    public void Certificate_IsReadAsTheBaseLibraryReadsIt()
    {
        var value = (RegoArray)Value("crypto.x509.parse_certificates(input)", _leaf.ExportCertificatePem())!;

        var leaf = (RegoObject)value[0];
        Assert.Equal("\"leaf.example\"", ((RegoObject)leaf["Subject"]!)["CommonName"]!.ToString());
        Assert.Equal("\"Middle\"", ((RegoObject)leaf["Issuer"]!)["CommonName"]!.ToString());
        Assert.Equal("[\"leaf.example\", \"*.leaf.example\"]", leaf["DNSNames"]!.ToString());
        Assert.Equal("[\"10.1.2.3\"]", leaf["IPAddresses"]!.ToString());
        Assert.Equal("[\"spiffe://example/leaf\"]", leaf["URIStrings"]!.ToString());
        Assert.Equal("[1]", leaf["ExtKeyUsage"]!.ToString());
        Assert.Equal("1", leaf["KeyUsage"]!.ToString());
        Assert.Equal("3", leaf["Version"]!.ToString());
        Assert.Equal("11", leaf["SignatureAlgorithm"]!.ToString());
        Assert.Equal("false", leaf["IsCA"]!.ToString());
        Assert.Equal(Convert.ToBase64String(_leaf.RawData), ((RegoString)leaf["Raw"]!).Value);
        Assert.Equal(RegoValue.From(_leaf.NotAfter.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null)), leaf["NotAfter"]);
        Assert.Equal(value, Value("crypto.x509.parse_certificates(input)", Convert.ToBase64String(_leaf.RawData)));
    }

    [Fact]
    public void Chain_IsAccepted_LeafFirst()
    {
        var value = (RegoArray)Value("crypto.x509.parse_and_verify_certificates(input)", Chain(_root, _middle, _leaf))!;

        Assert.Equal(RegoValue.True, value[0]);
        Assert.Equal(
            ["\"leaf.example\"", "\"Middle\"", "\"Root\""],
            ((RegoArray)value[1]).Select(each => ((RegoObject)((RegoObject)each)["Subject"]!)["CommonName"]!.ToString()));
    }

    [Theory]
    [InlineData("{\"DNSName\": \"leaf.example\"}", true)]
    [InlineData("{\"DNSName\": \"a.leaf.example\"}", true)]
    [InlineData("{\"DNSName\": \"a.b.leaf.example\"}", false)]
    [InlineData("{\"DNSName\": \"10.1.2.3\"}", true)]
    [InlineData("{\"DNSName\": \"Leaf.Example.\"}", true)]
    [InlineData("{\"KeyUsages\": [\"KeyUsageClientAuth\"]}", false)]
    [InlineData("{\"KeyUsages\": {\"KeyUsageClientAuth\", \"KeyUsageServerAuth\"}}", true)]
    [InlineData("{\"CurrentTime\": 4102444800000000000}", false)]
    public void Chain_IsHeldAgainstOptions(string options, bool expected)
    {
        var value = (RegoArray)Value($"crypto.x509.parse_and_verify_certificates_with_options(input, {options})", Chain(_root, _middle, _leaf))!;

        Assert.Equal(RegoValue.From(expected), value[0]);
        Assert.Equal(expected ? 3 : 0, ((RegoArray)value[1]).Count);
    }

    [Theory]
    [InlineData("{\"KeyUsages\": [\"nosuch\"]}")]
    [InlineData("{\"nosuch\": 1}")]
    [InlineData("{\"DNSName\": 1}")]
    public void Chain_RefusesOptionsThatItDoesNotKnow(string options) => Assert.Equal(
        RegoErrorCode.BuiltinError,
        Ask($"crypto.x509.parse_and_verify_certificates_with_options(input, {options})", Chain(_root, _middle, _leaf)).Error!.Code);

    [Fact]
    public void Chain_IsRefused_WhereALinkIsWrong()
    {
        using var otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var forged = Leaf(_middle.SubjectName, X509SignatureGenerator.CreateForECDsa(otherKey));
        using var fromLeaf = Leaf(_leaf.SubjectName, X509SignatureGenerator.CreateForRSA(_leafKey, RSASignaturePadding.Pkcs1));
        using var expired = Leaf(_middle.SubjectName, X509SignatureGenerator.CreateForECDsa(_middleKey), -300, -1);

        foreach (var text in (string[])[Chain(_root, _middle, forged), Chain(_root, _leaf), Chain(_leaf), Chain(_root, _middle, _leaf, fromLeaf),
            Chain(_root, _middle, expired), Chain(_middle, _root, _leaf) + "x", "nonsense"])
        {
            var verdict = ((RegoArray)Value("crypto.x509.parse_and_verify_certificates(input)", text)!)[0];
            Assert.True(verdict == RegoValue.From(text.EndsWith('x')), text);
        }
    }

    [Fact]
    public void Chain_NeedsATime_AndAsksForNoneItself() => Assert.Equal(
        RegoErrorCode.BuiltinError,
        Ask("crypto.x509.parse_and_verify_certificates(input)", Chain(_root, _middle, _leaf), s_now with { Now = null }).Error!.Code);

    [Fact]
    public void Request_IsRead()
    {
        var request = new CertificateRequest("CN=wanted", _rootKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("wanted.example");
        request.CertificateExtensions.Add(names.Build());

        var value = (RegoObject)Value("crypto.x509.parse_certificate_request(input)", request.CreateSigningRequestPem())!;

        Assert.Equal("\"wanted\"", ((RegoObject)value["Subject"]!)["CommonName"]!.ToString());
        Assert.Equal("[\"wanted.example\"]", value["DNSNames"]!.ToString());
    }

    [Fact]
    public void PrivateKeys_AreRead_AndFitTheirCertificates()
    {
        var pem = _leafKey.ExportRSAPrivateKeyPem();
        var numbers = _leafKey.ExportParameters(true);

        var jwk = (RegoObject)Value("crypto.x509.parse_rsa_private_key(input)", pem)!;
        var keys = (RegoArray)Value("crypto.parse_private_keys(input)", pem + "\n" + _rootKey.ExportPkcs8PrivateKeyPem())!;
        var pair = (RegoObject)Value($"crypto.x509.parse_keypair(`{_leaf.ExportCertificatePem()}`, input)", pem)!;

        Assert.Equal(System.Buffers.Text.Base64Url.EncodeToString(numbers.D), ((RegoString)jwk["d"]!).Value);
        Assert.Equal(RegoValue.From(new System.Numerics.BigInteger(numbers.Modulus, true, true)), ((RegoObject)keys[0])["N"]);
        Assert.Equal(2, keys.Count);
        Assert.NotNull(((RegoObject)keys[1])["X"]);
        Assert.Single((RegoArray)pair["Certificate"]!);
        Assert.Equal(
            RegoErrorCode.BuiltinError, Ask($"crypto.x509.parse_keypair(`{_root.ExportCertificatePem()}`, input)", pem).Error!.Code);
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("PS384")]
    [InlineData("RS512")]
    public void Token_SignedWithAnRsaKey_IsVerified(string algorithm) => Assert.Equal(
        RegoValue.True,
        Value($"""
            io.jwt.verify_{algorithm.ToLowerInvariant()}(token, `{_leaf.ExportCertificatePem()}`)
            token := io.jwt.encode_sign({Braces($"\"alg\": \"{algorithm}\"")}, {Braces("\"a\": 1")}, crypto.x509.parse_rsa_private_key(input))
            """, _leafKey.ExportPkcs8PrivateKeyPem()));

    [Fact]
    public void Token_SignedWithAnEcKey_IsVerified_AndOnlyWithItsCurve()
    {
        var key = _rootKey.ExportECPrivateKeyPem();
        const string Sign = "io.jwt.encode_sign_raw(`{\"alg\": \"$\"}`, `{\"a\": 1}`, json.marshal(crypto.x509.parse_rsa_private_key(input)))";

        Assert.Equal(
            RegoValue.True,
            Value($"io.jwt.verify_es256({Sign.Replace("$", "ES256")}, `{_root.ExportCertificatePem()}`)", key));
        Assert.Equal(RegoErrorCode.BuiltinError, Ask(Sign.Replace("$", "ES384"), key).Error!.Code);
        Assert.Equal(RegoErrorCode.BuiltinError, Ask(Sign.Replace("$", "none"), key).Error!.Code);
    }

    private static string Braces(string members) => "{" + members + "}";

    private static string Chain(params X509Certificate2[] certificates) =>
        string.Join('\n', certificates.Select(each => each.ExportCertificatePem())) + "\n";

    private static RegoValue? Value(string rule, string input)
    {
        var result = Ask(rule, input);
        Assert.True(result.Error is null, result.Error?.ToString());
        return result.Value;
    }

    private static RegoResult Ask(string rule, string input, RegoEvaluation? options = null) =>
        Policy.Compile("package test\np := " + rule).Prepare("data.test.p")
            .Evaluate(RegoValue.From(input), null, (options ?? s_now) with { StrictBuiltinErrors = true });

    private X509Certificate2 Leaf(X500DistinguishedName issuer, X509SignatureGenerator signer, int from = -10, int to = 90)
    {
        var request = new CertificateRequest("CN=leaf.example", _leafKey, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("leaf.example");
        names.AddDnsName("*.leaf.example");
        names.AddIpAddress(System.Net.IPAddress.Parse("10.1.2.3"));
        names.AddUri(new Uri("spiffe://example/leaf"));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        return request.Create(issuer, signer, s_noon.AddDays(from), s_noon.AddDays(to), [9, 9]);
    }
}
