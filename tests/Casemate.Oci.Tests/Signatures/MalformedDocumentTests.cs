using System.Text;
using Casemate.Oci.Signatures;

namespace Casemate.Oci.Tests.Signatures;

/// <summary>Bundles, trusted roots and statements that are none.</summary>
public sealed class MalformedDocumentTests
{
    private const string Message = "\"messageSignature\":{\"messageDigest\":{\"algorithm\":\"SHA2_256\",\"digest\":\"oM/HEnHW4njlfNMy/5V8P3BD/do1TEy7GQow1W76Ab8=\"},\"signature\":\"AAAA\"}";
    private const string Key = "\"verificationMaterial\":{\"publicKey\":{\"hint\":\"a\"}}";
    private const string Type = "\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\"";
    private const string RootType = "\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\"";

    [Fact]
    public void TheSmallestBundle_IsRead()
    {
        Assert.True(SigstoreBundle.TryRead(Encoding.UTF8.GetBytes($"{{{Type},{Key},{Message}}}"), out var bundle, out _));
        Assert.Equal("a", bundle.KeyHint);
        Assert.True(SigstoreBundle.TryRead(PublishedSignatures.Read("managed-key.sigstore.json"), out bundle, out _));
        Assert.Equal("sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf", bundle.MessageDigest!.Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{" + Key + "," + Message + "}")]
    [InlineData("{" + Type + "," + Message + "}")]
    [InlineData("{" + Type + "," + Key + "}")]
    [InlineData("{" + Type + "," + Type + "," + Key + "," + Message + "}")]
    [InlineData("{" + Type + "," + Key + "," + Message + ",\"dsseEnvelope\":{\"payload\":\"AAAA\",\"payloadType\":\"a\",\"signatures\":[{\"sig\":\"AAAA\"}]}}")]
    [InlineData("{" + Type + "," + Key + ",\"dsseEnvelope\":{\"payload\":\"AAAA\",\"payloadType\":\"a\",\"signatures\":[]}}")]
    [InlineData("{" + Type + "," + Key + ",\"dsseEnvelope\":{\"payload\":\"AAAA\",\"payloadType\":\"a\",\"signatures\":[{\"sig\":\"AAAA\"},{\"sig\":\"AAAA\"}]}}")]
    [InlineData("{" + Type + ",\"verificationMaterial\":{}," + Message + "}")]
    [InlineData("{" + Type + ",\"verificationMaterial\":{\"publicKey\":{},\"certificate\":{\"rawBytes\":\"AAAA\"}}," + Message + "}")]
    [InlineData("{" + Type + ",\"verificationMaterial\":{\"x509CertificateChain\":{\"certificates\":[]}}," + Message + "}")]
    [InlineData("{" + Type + ",\"verificationMaterial\":{\"publicKey\":{},\"tlogEntries\":{}}," + Message + "}")]
    [InlineData("{" + Type + ",\"verificationMaterial\":{\"publicKey\":{},\"tlogEntries\":[1]}," + Message + "}")]
    [InlineData("{" + Type + ",\"verificationMaterial\":{\"publicKey\":{},\"tlogEntries\":[{}]}," + Message + "}")]
    [InlineData("{" + Type + "," + Key + ",\"messageSignature\":{\"messageDigest\":{\"algorithm\":\"MD5\",\"digest\":\"AAAA\"},\"signature\":\"AAAA\"}}")]
    [InlineData("{" + Type + "," + Key + ",\"messageSignature\":{\"messageDigest\":{\"algorithm\":\"SHA2_256\",\"digest\":\"AAAA\"},\"signature\":\"AAAA\"}}")]
    public void Refuses_WhatIsNoBundle(string json)
    {
        Assert.False(SigstoreBundle.TryRead(Encoding.UTF8.GetBytes(json), out _, out var problem));
        Assert.StartsWith("bundle: ", problem, StringComparison.Ordinal);
        Assert.False(SignatureVerifier.VerifyBundle(
            Encoding.UTF8.GetBytes(json), "test", PublishedSignatures.Image, PublishedSignatures.Policy).Accepted);
    }

    [Fact]
    public void Refuses_TooManyOfAnything()
    {
        var entries = string.Join(',', Enumerable.Repeat("{}", 17));
        Assert.False(SigstoreBundle.TryRead(Encoding.UTF8.GetBytes(
            $"{{{Type},\"verificationMaterial\":{{\"publicKey\":{{}},\"tlogEntries\":[{entries}]}},{Message}}}"), out _, out var problem));
        Assert.Contains("more than 16", problem, StringComparison.Ordinal);
        Assert.False(SigstoreBundle.TryRead(new byte[(16 << 20) + 1], out _, out problem));
        Assert.Contains("larger than", problem, StringComparison.Ordinal);
        Assert.False(SigstoreBundle.TryRead(
            Encoding.UTF8.GetBytes(new string('[', 100_000)), out _, out problem));
        Assert.Contains("nested too deep", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void ATrustedRootWithoutAnything_IsRead_AndTrustsNobody()
    {
        Assert.True(TrustedRoot.TryRead(Encoding.UTF8.GetBytes($"{{{RootType}}}"), out var root, out _));
        var policy = SignaturePolicy.ForIdentity(root, TextPattern.Matching(".*"), TextPattern.Matching(".*"));
        Assert.False(PublishedSignatures.Verify(PublishedSignatures.Bundle, policy).Accepted);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.2\"}")]
    [InlineData("{" + RootType + ",\"tlogs\":1}")]
    [InlineData("{" + RootType + ",\"tlogs\":[{}]}")]
    [InlineData("{" + RootType + ",\"tlogs\":[{\"publicKey\":{\"rawBytes\":\"AAAA\"},\"logId\":{\"keyId\":\"AAAA\"}}]}")]
    [InlineData("{" + RootType + ",\"tlogs\":[{\"publicKey\":{\"rawBytes\":\"AAAA\"},\"logId\":{\"keyId\":\"AAAAAA==\"},\"hashAlgorithm\":\"MD5\"}]}")]
    [InlineData("{" + RootType + ",\"tlogs\":[{\"publicKey\":{\"rawBytes\":\"AAAA\"},\"logId\":{\"keyId\":\"AAAAAA==\"}},{\"publicKey\":{\"rawBytes\":\"AAAA\"},\"logId\":{\"keyId\":\"AAAAAA==\"}}]}")]
    [InlineData("{" + RootType + ",\"tlogs\":[{\"publicKey\":{\"rawBytes\":\"AAAA\",\"validFor\":{\"start\":\"yesterday\"}},\"logId\":{\"keyId\":\"AAAAAA==\"}}]}")]
    [InlineData("{" + RootType + ",\"certificateAuthorities\":[{}]}")]
    [InlineData("{" + RootType + ",\"certificateAuthorities\":[{\"certChain\":{\"certificates\":[]}}]}")]
    public void Refuses_WhatIsNoTrustedRoot(string json)
    {
        Assert.False(TrustedRoot.TryRead(Encoding.UTF8.GetBytes(json), out _, out var problem));
        Assert.StartsWith("trusted root: ", problem, StringComparison.Ordinal);
        Assert.Equal(OciError.MalformedDocument, Assert.Throws<OciException>(() => TrustedRoot.Parse(Encoding.UTF8.GetBytes(json))).Error);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"_type":"https://in-toto.io/Statement/v2","predicateType":"a","subject":[{"digest":{"sha256":"c811d58de79c92f03214e63aa339484e488d694ae8a6283b5f3f17a9faf50172"}}]}""")]
    [InlineData("""{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"c811d58de79c92f03214e63aa339484e488d694ae8a6283b5f3f17a9faf50172"}}]}""")]
    [InlineData("""{"_type":"https://in-toto.io/Statement/v1","predicateType":"a","subject":[]}""")]
    [InlineData("""{"_type":"https://in-toto.io/Statement/v1","predicateType":"a","subject":[{"digest":{"sha1":"00"}}]}""")]
    [InlineData("""{"_type":"https://in-toto.io/Statement/v1","predicateType":"a","subject":[{"digest":{"sha256":"C811"}}]}""")]
    public void Refuses_WhatIsNoStatement(string json) =>
        Assert.False(InTotoStatement.TryRead(Encoding.UTF8.GetBytes(json), out _, out _));

    [Theory]
    [InlineData("(")]
    [InlineData("")]
    [InlineData(@"(?=a)a")]
    [InlineData(@"(a)\1")]
    [InlineData(@"a)|(.*")]
    public void Refuses_AnExpression_ThatCannotBeMatchedInLinearTime(string expression) =>
        Assert.Equal(OciError.Unsupported, Assert.Throws<OciException>(() => TextPattern.Matching(expression)).Error);

    [Theory]
    [InlineData("a|b", "a", true)]
    [InlineData("a|b", "b", true)]
    [InlineData("a|b", "ab", false)]
    [InlineData("a", "a\n", false)]
    [InlineData("^a$", "a", true)]
    public void AnExpression_MatchesAsAWhole(string expression, string text, bool expected) =>
        Assert.Equal(expected, TextPattern.Matching(expression).Matches(text));
}
