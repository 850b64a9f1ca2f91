using System.Security.Cryptography;
using System.Text;

namespace Casemate.Oci.Tests;

/// <summary>Digests: OCI Image Format Specification 1.1, descriptor.md, "Digests".</summary>
public sealed class DigestTests
{
    private static readonly byte[] s_content = Encoding.UTF8.GetBytes("hello");

    [Fact]
    public void NamesTheAlgorithm_AndTheDigits()
    {
        var digest = Digest.Of(s_content);

        Assert.Equal("sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", digest.Text);
        Assert.Equal("sha256", digest.Algorithm);
        Assert.Equal("2cf24dba5fb0", digest.Short);
        Assert.Equal(HashAlgorithmName.SHA256, digest.HashName);
    }

    [Theory]
    [InlineData("sha256", 64)]
    [InlineData("sha512", 128)]
    public void Reads_BothRegisteredAlgorithms(string algorithm, int digits) =>
        Assert.Equal(algorithm, Digest.Parse($"{algorithm}:{new string('a', digits)}").Algorithm);

    [Theory]
    [InlineData("")]
    [InlineData("sha256")]
    [InlineData("sha256:")]
    [InlineData("sha256:2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824")]
    [InlineData("sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b982")]
    [InlineData("sha384:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")]
    [InlineData("md5:5d41402abc4b2a76b9719d911017c592")]
    [InlineData("sha256:../../../../../etc/passwd")]
    public void Refuses_WhatIsNotADigest(string text)
    {
        Assert.False(Digest.TryParse(text, out _));
        Assert.Equal(OciError.InvalidDigest, Assert.Throws<OciException>(() => Digest.Parse(text)).Error);
    }

    [Fact]
    public void Matches_ItsContent_AndNoOther()
    {
        var sha512 = Digest.Parse("sha512:" + Convert.ToHexStringLower(SHA512.HashData(s_content)));

        Assert.True(Digest.Of(s_content).Matches(s_content));
        Assert.True(sha512.Matches(s_content));
        Assert.False(Digest.Of(s_content).Matches("hellO"u8));
        Assert.False(sha512.Matches("hellO"u8));
    }
}
