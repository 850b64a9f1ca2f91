using System.Collections.Immutable;
using System.Text;
using Casemate.Oci.Signatures;

namespace Casemate.Oci.Tests.Signatures;

/// <summary>The document that a simple signature signs.</summary>
public sealed class CosignPayloadTests
{
    private const string Digest1 = "sha256:87ef60f558bad79beea6425a3b28989f01dd417164150ab3baab98dcbf04def8";

    [Fact]
    public void IsWritten_ByteForByteAsCosignDoes() => Assert.Equal(
        $$$"""{"critical":{"identity":{"docker-reference":"gcr.io/dlorenc-vmtest2/demo"},"image":{"docker-manifest-digest":"{{{Digest1}}}"},"type":"cosign container image signature"},"optional":null}""",
        Text(new CosignPayload("gcr.io/dlorenc-vmtest2/demo", Digest.Parse(Digest1), ImmutableSortedDictionary<string, string>.Empty)));

    /// <summary>As Go's encoder does: names by their UTF-8 bytes, and what HTML would mind as numbers.</summary>
    [Fact]
    public void Annotations_AreWritten_ByteForByteAsCosignDoes()
    {
        var annotations = ImmutableSortedDictionary<string, string>.Empty
            .Add("b", "<a href=\"x\">&\u2028\n\t\u0001").Add("B", "é").Add("\ue000", "1").Add("\U0001f600", "2");
        Assert.EndsWith(
            "\"optional\":{\"B\":\"é\",\"b\":\"\\u003ca href=\\\"x\\\"\\u003e\\u0026\\u2028\\n\\t\\u0001\",\"\ue000\":\"1\",\"\U0001f600\":\"2\"}}",
            Text(new CosignPayload("r.example/a", Digest.Parse(Digest1), annotations)), StringComparison.Ordinal);
    }

    [Fact]
    public void IsRead_AsItWasWritten()
    {
        var payload = new CosignPayload("r.example/a", Digest.Parse(Digest1), ImmutableSortedDictionary<string, string>.Empty.Add("k", "v"));
        Assert.True(CosignPayload.TryRead(payload.Write(), out var read, out _));
        Assert.Equal((payload.Reference, payload.ManifestDigest), (read.Reference, read.ManifestDigest));
        Assert.Equal(payload.Annotations, read.Annotations);
    }

    [Theory]
    [InlineData("docker.io/library/debian", "index.docker.io/library/debian")]
    [InlineData("debian:12", "index.docker.io/library/debian")]
    [InlineData("registry.example:5000/team/app:1", "registry.example:5000/team/app")]
    public void TheRepository_IsNamedAsCosignDoes(string image, string expected) =>
        Assert.Equal(expected, CosignPayload.RepositoryOf(ImageReference.Parse(image)));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"critical":[]}""")]
    [InlineData("""{"critical":{"identity":{"docker-reference":1},"image":{"docker-manifest-digest":"D"},"type":"cosign container image signature"}}""")]
    [InlineData("""{"critical":{"identity":{"docker-reference":"a"},"image":{"docker-manifest-digest":"sha256:00"},"type":"cosign container image signature"}}""")]
    [InlineData("""{"critical":{"identity":{"docker-reference":"a"},"image":{"docker-manifest-digest":"D"},"type":"something else"}}""")]
    [InlineData("""{"critical":{"identity":{"docker-reference":"a"},"image":{"docker-manifest-digest":"D"},"type":"cosign container image signature","more":1}}""")]
    [InlineData("""{"critical":{"identity":{"docker-reference":"a"},"image":{"docker-manifest-digest":"D","docker-manifest-digest":"D"},"type":"cosign container image signature"}}""")]
    [InlineData("""{"critical":{"identity":{"docker-reference":"a"},"image":{"docker-manifest-digest":"D"},"type":"cosign container image signature"},"optional":1}""")]
    public void Refuses_WhatIsNoPayload(string text)
    {
        Assert.False(CosignPayload.TryRead(Encoding.UTF8.GetBytes(text.Replace("\"D\"", $"\"{Digest1}\"", StringComparison.Ordinal)), out _, out var problem));
        Assert.StartsWith("payload: ", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_AHugePayload_BeforeItIsRead() =>
        Assert.False(CosignPayload.TryRead(new byte[(1 << 20) + 1], out _, out _));

    private static string Text(CosignPayload payload) => Encoding.UTF8.GetString(payload.Write());
}
