using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;

namespace Casemate.Simulator.Tests;

/// <summary>Installations: what they share (nothing), what is stored, and what is refused when it is loaded.</summary>
public sealed class PlatformStateTests
{
    private static readonly Lazy<byte[]> StateWithMilan = new(() =>
    {
        var platform = SimulatedPlatform.Create(TestPlatform.Noon);
        platform.Snp(SnpProduct.Milan);
        return platform.Export();
    });

    private static readonly Lazy<byte[]> SmallState = new(() => SimulatedPlatform.Create(TestPlatform.Noon).Export());

    [Fact]
    public void TwoInstallations_ShareNoKeyAndNoIdentifier()
    {
        var first = TestPlatform.Instance;
        var second = SimulatedPlatform.Import(StateWithMilan.Value);
        var keys = new HashSet<string>();
        foreach (var platform in new[] { first, second })
        {
            var processor = platform.Dcap.With(s => s with { Machine = s.Machine with { PlatformCa = false } });
            var snp = platform.Snp(SnpProduct.Milan);
            byte[][] certificates =
            [
                platform.Dcap.RootCaDer, platform.Dcap.PckCaDer, platform.Dcap.PckDer, platform.Dcap.TcbSignerDer, processor.PckCaDer,
                processor.PckDer, snp.ArkDer,
                snp.Endorsements(TestPlatform.Noon).Ask.ToArray(), snp.Endorsements(TestPlatform.Noon).Vek.ToArray(),
            ];
            foreach (var der in certificates)
            {
                using var certificate = X509CertificateLoader.LoadCertificate(der);
                Assert.True(keys.Add(Convert.ToHexString(certificate.PublicKey.EncodedKeyValue.RawData)), certificate.Subject);
            }

            foreach (var kind in new[] { "sgx3", "tdx4" })
            {
                var quote = TestQuotes.Make(kind, platform.Dcap);
                var key = kind == "sgx3" ? quote[500..564] : quote[700..764];
                Assert.True(keys.Add(Convert.ToHexString(key)), "an attestation key occurs twice");
            }

            var chipId = snp.Report(TestPlatform.Guest, TestPlatform.ReportData)[0x1A0..0x1E0];
            Assert.True(keys.Add(Convert.ToHexString(chipId)), "a chip id occurs twice");
        }
    }

    [Fact]
    public void ProductLines_HaveChipIdsAndKeysOfTheirOwn()
    {
        var milan = TestPlatform.Snp(SnpProduct.Milan).Endorsements(TestPlatform.Noon);
        var genoa = TestPlatform.Snp(SnpProduct.Genoa).Endorsements(TestPlatform.Noon);
        Assert.False(milan.Vek.Span.SequenceEqual(genoa.Vek.Span));
        Assert.NotEqual(
            TestPlatform.Snp(SnpProduct.Milan).Report(TestPlatform.Guest, TestPlatform.ReportData)[0x1A0..0x1E0],
            TestPlatform.Snp(SnpProduct.Genoa).Report(TestPlatform.Guest, TestPlatform.ReportData)[0x1A0..0x1E0]);
    }

    [Fact]
    public void ExportAndImport_KeepRootsKeysAndIdentifiers()
    {
        var original = SimulatedPlatform.Import(StateWithMilan.Value);
        var copy = SimulatedPlatform.Import(original.Export());

        Assert.Equal(original.Created, copy.Created);
        Assert.Equal(original.Dcap.RootCaDer, copy.Dcap.RootCaDer);
        Assert.Equal(original.Snp(SnpProduct.Milan).ArkDer, copy.Snp(SnpProduct.Milan).ArkDer);
        Assert.Equal(original.Allow(TrustRoots.None).All.Select(r => r.Name), copy.Allow(TrustRoots.None).All.Select(r => r.Name));
        Assert.Equal(StateWithMilan.Value, copy.Export());

        // Evidence of one verifies with collateral of the other: all keys are the same.
        var policy = EvidencePolicy.EvidenceOnly;
        var quote = TestQuotes.Make("tdx5-1.5", original.Dcap);
        Assert.True(QuoteVerifier.Verify(
            quote, copy.Dcap.Collateral(Tee.Tdx, TestPlatform.Noon), copy.Allow(TrustRoots.None), TestPlatform.Noon, policy).Accepted);
        var report = original.Snp(SnpProduct.Milan).Report(TestPlatform.Guest, TestPlatform.ReportData);
        var endorsements = copy.Snp(SnpProduct.Milan).Endorsements(TestPlatform.Noon);
        Assert.True(SnpReportVerifier.Verify(
            report, endorsements, copy.Allow(TrustRoots.None), TestPlatform.Noon, policy).Accepted);
    }

    [Fact]
    public void Import_KeepsTheVlekAuthority()
    {
        var platform = SimulatedPlatform.Import(StateWithMilan.Value);
        Assert.False(platform.HasUnexportedKeys);
        var ask = platform.Snp(SnpProduct.Milan).With(s => s with { SigningKey = SnpSigner.Vlek }).Endorsements(TestPlatform.Noon).Ask;
        Assert.True(platform.HasUnexportedKeys);

        var copy = SimulatedPlatform.Import(platform.Export());
        Assert.False(platform.HasUnexportedKeys);
        var again = copy.Snp(SnpProduct.Milan).With(s => s with { SigningKey = SnpSigner.Vlek }).Endorsements(TestPlatform.Noon).Ask;
        Assert.True(ask.Span.SequenceEqual(again.Span));
        Assert.False(copy.HasUnexportedKeys);
    }

    [Fact]
    public void Allow_AddsTheProductLinesUsedSoFar()
    {
        var platform = SimulatedPlatform.Create(TestPlatform.Noon);
        Assert.True(platform.HasUnexportedKeys);
        var root = Assert.Single(platform.Allow(TrustRoots.None).All);
        Assert.True(root.Simulated);
        Assert.Null(root.Product);

        var two = SimulatedPlatform.Import(StateWithMilan.Value).Allow(TrustRoots.Production).All;
        Assert.Equal([false, false, false, false, true, true], two.Select(r => r.Simulated));
        Assert.Equal(SnpProduct.Milan, two[^1].Product);
    }

    [Fact]
    public void ScenariosOfOneInstallation_HaveItsRoot()
    {
        var changed = TestPlatform.Dcap.With(s => s with { Machine = s.Machine with { PceSvn = 14 } });
        Assert.Equal(TestPlatform.Dcap.RootCaDer, changed.RootCaDer);
        Assert.NotEqual(TestPlatform.Dcap.PckDer, changed.PckDer);
    }

    [Fact]
    public void Create_RefusesAnImpossibleTime() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SimulatedPlatform.Create(DateTimeOffset.MinValue));

    [Theory]
    [InlineData("", "it is not valid JSON (line 1, byte 1)")]
    [InlineData("{", "it is not valid JSON")]
    [InlineData("[]", "the document is not a JSON object")]
    [InlineData("{}", "the document has no member 'format'")]
    [InlineData("{\"format\":\"x\",\"format\":\"x\"}", "it is not valid JSON")]
    [InlineData("{\"format\":\"x\",\"version\":1,\"sha256\":\"\",\"state\":{}}", "'format' is not 'casemate-simulated-platform'")]
    [InlineData("{\"format\":1,\"version\":1,\"sha256\":\"\",\"state\":{}}", "'format' is not a string")]
    [InlineData("{\"format\":\"casemate-simulated-platform\",\"version\":2,\"sha256\":\"\",\"state\":{}}", "'version' is not 1")]
    [InlineData("{\"format\":\"casemate-simulated-platform\",\"version\":1e99,\"sha256\":\"\",\"state\":{}}", "'version' is not 1")]
    [InlineData("{\"format\":\"casemate-simulated-platform\",\"version\":1,\"sha256\":\"\",\"state\":{}}", "'sha256' does not match")]
    [InlineData("{\"format\":\"casemate-simulated-platform\",\"version\":1,\"sha256\":\"\",\"state\":{},\"more\":0}", "unknown member")]
    [InlineData("{\"format\":\"\\ud800\",\"version\":1,\"sha256\":\"\",\"state\":{}}", "malformed string")]
    [InlineData("[[[[[[[[[[]]]]]]]]]]", "it is not valid JSON")]
    public void Import_RefusesWhatIsNoState(string json, string expected) => AssertRefused(Encoding.UTF8.GetBytes(json), expected);

    [Fact]
    public void Import_RefusesHugeInput() => AssertRefused(new byte[300_000], "more than the limit");

    [Fact]
    public void Import_RefusesBytesThatAreNotUtf8() => AssertRefused([0x7B, 0xFF, 0xFE], "it is not valid JSON");

    [Fact]
    public void Import_RefusesEveryChangedBit()
    {
        var state = SmallState.Value;
        for (var bit = 0; bit < state.Length * 8; bit++)
        {
            var changed = (byte[])state.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<FormatException>(() => SimulatedPlatform.Import(changed));
        }
    }

    [Fact]
    public void Import_RefusesEveryTruncation()
    {
        for (var length = 0; length < SmallState.Value.Length; length++)
        {
            Assert.Throws<FormatException>(() => SimulatedPlatform.Import(SmallState.Value.AsSpan(0, length)));
        }
    }

    public static TheoryData<string> EditNames => [.. Edits.Keys];

    // The digest is computed anew: these are the checks behind it.
    [Theory]
    [MemberData(nameof(EditNames))]
    public void Import_RefusesEditedState(string name)
    {
        var (edit, expected) = Edits[name];
        var document = JsonNode.Parse(StateWithMilan.Value)!.AsObject();
        var state = document["state"]!.AsObject();
        edit(state);
        var text = state.ToJsonString();
        document["sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        document["state"] = JsonNode.Parse(text);
        AssertRefused(Encoding.UTF8.GetBytes(document.ToJsonString()), expected);
    }

    private static readonly Dictionary<string, (Action<JsonObject> Edit, string Expected)> Edits = new()
    {
        ["time with an offset"] = (s => s["created"] = "2026-11-18T12:00:00+01:00", "'created' is not a time"),
        ["time long ago"] = (s => s["created"] = "0001-01-01T00:00:00Z", "'created' is not a time"),
        ["short secret"] = (s => s["secret"] = Convert.ToBase64String(new byte[31]), "'secret' is not 32 bytes long"),
        ["long secret"] = (s => s["secret"] = Convert.ToBase64String(new byte[33]), "'secret' has more than 32 bytes"),
        ["secret that is no Base64"] = (s => s["secret"] = "???", "'secret' is not Base64"),
        ["secret that is a number"] = (s => s["secret"] = 5, "'secret' is not Base64"),
        ["another secret"] = (s => s["secret"] = Convert.ToBase64String(new byte[32]), "'sgxRoot' does not belong to 'secret'"),
        ["root that is no certificate"] = (s => s["sgxRoot"] = Convert.ToBase64String(new byte[100]), "'sgxRoot' is not a certificate"),
        ["root cut off"] = (
            s => s["sgxRoot"] = Convert.ToBase64String(Convert.FromBase64String((string)s["sgxRoot"]!)[..^1]),
            "'sgxRoot' is not a certificate"),
        ["Intel's root"] = (
            s => s["sgxRoot"] = Convert.ToBase64String(RealEvidence.PckChain(RealEvidence.SgxPlatformCa)[2]),
            "'sgxRoot' does not belong to 'secret'"),
        ["huge root"] = (s => s["sgxRoot"] = Convert.ToBase64String(new byte[20_000]), "'sgxRoot' has more than 16384 bytes"),
        ["products that are no array"] = (s => s["snp"] = new JsonObject(), "'snp' is not an array"),
        ["product that is no object"] = (s => s["snp"]!.AsArray().Add(1), "an entry of 'snp' is not a JSON object"),
        ["unknown product"] = (s => s["snp"]![0]!["product"] = "Rome", "unknown 'product'"),
        ["product twice"] = (s => s["snp"]!.AsArray().Add(s["snp"]![0]!.DeepClone()), "two entries for Milan"),
        ["missing key"] = (s => s["snp"]![0]!.AsObject().Remove("askKey"), "no member 'askKey'"),
        ["unknown member"] = (s => s["snp"]![0]!["extra"] = 1, "unknown member"),
        ["half of an ASVK"] = (s => s["snp"]![0]!["asvk"] = "", "only one of 'asvk' and 'asvkKey'"),
        ["keys exchanged"] = (
            s => (s["snp"]![0]!["arkKey"], s["snp"]![0]!["askKey"]) = ((string)s["snp"]![0]!["askKey"]!, (string)s["snp"]![0]!["arkKey"]!),
            "'arkKey' of Milan does not belong to the certificate beside it"),
        ["key that is no key"] = (
            s => s["snp"]![0]!["arkKey"] = Convert.ToBase64String(new byte[50]), "'arkKey' of Milan is not an RSA private key in PKCS#8"),
        ["key with a broken prime"] = (
            s => s["snp"]![0]!["arkKey"] = BreakPrime((string)s["snp"]![0]!["arkKey"]!),
            "'arkKey' of Milan is not a sound RSA-4096 key"),
        ["certificate with an EC key"] = (
            s => s["snp"]![0]!["ark"] = (string)s["sgxRoot"]!, "'arkKey' of Milan stands beside a certificate without an RSA key"),
    };

    private static string BreakPrime(string key)
    {
        var pkcs8 = Convert.FromBase64String(key);
        using var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(pkcs8, out _);
        var at = pkcs8.AsSpan().IndexOf(rsa.ExportParameters(true).P);
        pkcs8[at + 100] ^= 1;
        return Convert.ToBase64String(pkcs8);
    }

    private static void AssertRefused(byte[] state, string expected)
    {
        var error = Assert.Throws<FormatException>(() => SimulatedPlatform.Import(state));
        Assert.StartsWith("This is not the state of a simulated platform: ", error.Message);
        Assert.Contains(expected, error.Message);
    }
}
