using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Casemate.Attestation.Cose;
using Casemate.Attestation.Policy;
using Casemate.Measurement.Corim;
using Casemate.Measurement.Endorsement;
using Casemate.Measurement.Tests.Tdx;
using Casemate.Primitives.Cose;
using Casemate.Testing;

namespace Casemate.Measurement.Tests.Corim;

/// <summary>Signed manifests and statements about guest images, verified by Casemate's own verifier and by openssl.</summary>
public sealed class SigningTests
{
    private const string Purpose = "1.3.6.1.4.1.311.76.59.1.2";
    private const string Feed = "guests/default";

    private static readonly DateTimeOffset s_noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] s_measurement = [.. Enumerable.Range(1, 48).Select(i => (byte)i)];

    [Theory]
    [InlineData("p256", false)]
    [InlineData("p256", true)]
    [InlineData("p384", false)]
    [InlineData("rsa", true)]
    public void Statement_IsAcceptedByTheVerifier_InBothForms(string kind, bool usesClaims)
    {
        using var publisher = new Publisher(kind);
        var message = publisher.Statement(usesClaims);

        var verdict = GuestImageVerifier.Verify(message, s_noon, publisher.Policy);

        Assert.Empty(verdict.Reasons);
        Assert.Equal((7L, Feed, publisher.Did), (verdict.Endorsement!.Svn, verdict.Endorsement.Feed, verdict.Endorsement.Issuer));
        Assert.Equal(s_measurement, verdict.Endorsement.LaunchMeasurement);
        Assert.Equal(s_noon, verdict.Endorsement.SigningTime);
        Assert.True(CoseSign1.TryRead(message, out var parsed, out _));
        Assert.Equal(usesClaims ? (publisher.Did, Feed) : null, parsed.Claims);
        Assert.Equal(usesClaims ? null : Feed, parsed.FindText("feed"));
    }

    [Fact]
    public void Verifier_RefusesEveryChangedByte_OfAStatement()
    {
        using var publisher = new Publisher("p256");
        var message = publisher.Statement(usesClaims: true);
        for (var at = 0; at < message.Length; at += 7)
        {
            var changed = (byte[])message.Clone();
            changed[at] ^= 1;

            Assert.False(GuestImageVerifier.Verify(changed, s_noon, publisher.Policy).Accepted, $"byte {at}");
        }
    }

    [Fact]
    public void Verifier_RefusesTwoIssuers_AndAcceptsOneNamedTwice()
    {
        using var publisher = new Publisher("p256");
        byte[] Sign((string, string) claims) => CoseSign1.Sign(
            new CoseHeader
            {
                ContentType = "application/json",
                CertificateChain = publisher.Certificates,
                Claims = claims,
                Texts = new Dictionary<string, string> { ["iss"] = publisher.Did, ["feed"] = Feed },
            },
            System.Text.Encoding.ASCII.GetBytes(
                $$"""{"x-ms-sevsnpvm-guestsvn":"7","x-ms-sevsnpvm-launchmeasurement":"{{Convert.ToHexString(s_measurement)}}"}"""),
            publisher.Key);

        Assert.True(GuestImageVerifier.Verify(Sign((publisher.Did, Feed)), s_noon, publisher.Policy).Accepted);
        Assert.False(GuestImageVerifier.Verify(Sign((publisher.Did, "other")), s_noon, publisher.Policy).Accepted);
        Assert.False(GuestImageVerifier.Verify(Sign((publisher.Did + ":x", Feed)), s_noon, publisher.Policy).Accepted);
    }

    [Theory]
    [InlineData("p256")]
    [InlineData("p384")]
    [InlineData("rsa")]
    public void SignedManifest_ReadsBack_AndItsSignatureCoversIt(string kind)
    {
        using var publisher = new Publisher(kind);
        var document = LaunchMeasurementProfile.Create(CorimEnvironment.Snp, s_measurement, 7);
        var message = SignedCorim.Sign(document, "Casemate tests", publisher.Certificates, publisher.Key);

        Assert.True(SignedCorim.TryRead(message, out var signed, out var error), error);
        Assert.Equal(document, signed.Document);
        Assert.Equal("Casemate tests", signed.SignerName);
        Assert.Equal("application/rim+cbor", signed.Message.ContentType);
        Assert.Equal(2, signed.Message.CertificateChain.Count);
        Assert.True(publisher.Verifies(signed.Message.ToBeSigned(), signed.Message.Signature.ToArray()));
    }

    [Fact]
    public void SignedManifest_RefusesOtherContent()
    {
        using var publisher = new Publisher("p256");
        var payload = LaunchMeasurementProfile.Create(CorimEnvironment.Snp, s_measurement, 7).ToBytes();
        string? Refusal(CoseHeader header, byte[] content) =>
            SignedCorim.TryRead(CoseSign1.Sign(header, content, publisher.Key), out _, out var error) ? null : error;
        var good = new CoseHeader { ContentType = CorimDocument.ContentType };

        Assert.Null(Refusal(good, payload));
        Assert.Contains("content type", Refusal(good with { ContentType = "application/json" }, payload), StringComparison.Ordinal);
        Assert.Contains("corim-meta", Refusal(good with { CorimMeta = new byte[] { 0xA0 } }, payload), StringComparison.Ordinal);
        Assert.Contains("not a CoRIM", Refusal(good, [0xA0]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("p256", "-sha256")]
    [InlineData("p384", "-sha384")]
    [InlineData("rsa", "-sha384")]
    public async Task Openssl_AcceptsTheSignature(string kind, string digest)
    {
        Assert.SkipWhen(!IndependentTdx.IsInstalled("openssl"), "'openssl' is not installed (Debian: apt-get install openssl)");
        using var publisher = new Publisher(kind);
        Assert.True(CoseSign1.TryRead(publisher.Statement(usesClaims: false), out var message, out _));
        using var directory = new TemporaryDirectory();
        string Write(string name, byte[] content)
        {
            var path = Path.Combine(directory.Path, name);
            File.WriteAllBytes(path, content);
            return path;
        }

        var raw = message.Signature.ToArray();
        var signature = kind == "rsa" ? raw : Der(raw);
        var run = await ChildProgram.RunAsync("openssl",
        [
            "dgst", digest, "-verify", Write("key.der", publisher.Key.PublicKey), "-keyform", "DER", "-signature", Write("signature", signature),
            .. kind == "rsa" ? (string[])["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:48"] : [], Write("data", message.ToBeSigned()),
        ]);

        Assert.Equal("Verified OK", run.Output.Trim());
    }

    [Theory]
    [InlineData("not a key")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]
    public void Key_RefusesWhatIsNone(string pem)
    {
        Assert.False(CoseSigningKey.TryRead(pem, out _, out var error));
        Assert.StartsWith("not a private key", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Key_RefusesKindsThatDoNotSignCose()
    {
        using var p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        using var small = RSA.Create(1024);
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        Assert.False(CoseSigningKey.TryRead(p521.ExportPkcs8PrivateKeyPem(), out _, out _));
        Assert.False(CoseSigningKey.TryRead(small.ExportPkcs8PrivateKeyPem(), out _, out _));
        Assert.False(CoseSigningKey.TryRead(p256.ExportSubjectPublicKeyInfoPem(), out _, out _));
        Assert.True(CoseSigningKey.TryRead(p256.ExportECPrivateKeyPem(), out var key, out _));
        key.Dispose();
    }

    [Fact]
    public void Statement_RefusesWhatVerifiersWouldNotRead()
    {
        using var publisher = new Publisher("p256");
        var good = publisher.Good;

        Assert.Throws<ArgumentException>(() => (good with { LaunchMeasurement = new byte[32] }).Sign(publisher.Certificates, publisher.Key));
        Assert.Throws<ArgumentException>(() => (good with { Svn = -1 }).Sign(publisher.Certificates, publisher.Key));
        Assert.Throws<ArgumentException>(() => (good with { Feed = "" }).Sign(publisher.Certificates, publisher.Key));
        Assert.Throws<ArgumentException>(() => good.Sign([publisher.Certificates[0]], publisher.Key));
    }

    private static byte[] Der(byte[] raw)
    {
        var half = raw.Length / 2;
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteIntegerUnsigned(Trim(raw.AsSpan(0, half)));
            writer.WriteIntegerUnsigned(Trim(raw.AsSpan(half)));
        }

        return writer.Encode();

        static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> number) => number.TrimStart((byte)0);
    }

    private sealed class Publisher : IDisposable
    {
        private readonly AsymmetricAlgorithm _key;
        private readonly ECDsa _caKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        public Publisher(string kind)
        {
            _key = kind switch
            {
                "p256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
                "p384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
                _ => RSA.Create(2048),
            };
            Assert.True(CoseSigningKey.TryRead(_key.ExportPkcs8PrivateKeyPem(), out var key, out var error), error);
            Key = key;
            var name = new X500DistinguishedName("CN=Guests CA");
            var ca = new CertificateRequest(name, _caKey, HashAlgorithmName.SHA384);
            ca.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            ca.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
            var generator = X509SignatureGenerator.CreateForECDsa(_caKey);
            using var caCertificate = ca.Create(name, generator, s_noon.AddYears(-1), s_noon.AddYears(1), [1]);
            var subject = new X500DistinguishedName("CN=Guests");
            var leaf = _key is RSA rsa
                ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1)
                : new CertificateRequest(subject, (ECDsa)_key, HashAlgorithmName.SHA384);
            leaf.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
            leaf.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(Purpose)], false));
            using var leafCertificate = leaf.Create(name, generator, s_noon.AddMonths(-1), s_noon.AddMonths(1), [2]);
            Certificates = [leafCertificate.RawData, caCertificate.RawData];
            Did = GuestImageStatement.IssuerOf(caCertificate.RawData, Purpose);
        }

        public CoseSigningKey Key { get; }

        public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; }

        public string Did { get; }

        public GuestImagePolicy Policy => new() { Signers = [new TrustedImageSigner(Did, Feed, 7)] };

        public GuestImageStatement Good => new() { Issuer = Did, Feed = Feed, LaunchMeasurement = s_measurement, Svn = 7, SigningTime = s_noon };

        public byte[] Statement(bool usesClaims) => (Good with { UsesClaims = usesClaims }).Sign(Certificates, Key);

        public bool Verifies(byte[] data, byte[] signature) => _key switch
        {
            ECDsa ec => ec.VerifyData(data, signature, ec.KeySize == 256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA384),
            RSA rsa => rsa.VerifyData(data, signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pss),
            _ => false,
        };

        public void Dispose()
        {
            Key.Dispose();
            _key.Dispose();
            _caKey.Dispose();
        }
    }
}
