namespace Casemate.Oci.Tests;

/// <summary>References of images, as people write them for every container tool.</summary>
public sealed class ImageReferenceTests
{
    private const string Sha = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    [Theory]
    [InlineData("debian", "docker.io/library/debian")]
    [InlineData("debian:12", "docker.io/library/debian:12")]
    [InlineData("docker.io/debian", "docker.io/library/debian")]
    [InlineData("index.docker.io/team/app", "docker.io/team/app")]
    [InlineData("team/app", "docker.io/team/app")]
    [InlineData("localhost/app", "localhost/app")]
    [InlineData("localhost:5000/app:v1", "localhost:5000/app:v1")]
    [InlineData("127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c")]
    [InlineData("[::1]:5000/app", "[::1]:5000/app")]
    [InlineData("registry.example/team/app__x.y-z:Tag_1.2-3", "registry.example/team/app__x.y-z:Tag_1.2-3")]
    [InlineData("app@" + Sha, "docker.io/library/app@" + Sha)]
    [InlineData("app:1@" + Sha, "docker.io/library/app:1@" + Sha)]
    public void AShortName_MeansItsFullForm(string text, string canonical)
    {
        var reference = ImageReference.Parse(text);

        Assert.Equal(canonical, reference.ToString());
        Assert.Equal(reference, ImageReference.Parse(canonical));
    }

    [Theory]
    [InlineData("")]
    [InlineData("App")]
    [InlineData("app:")]
    [InlineData("app:-x")]
    [InlineData("app@sha256:12")]
    [InlineData("/app")]
    [InlineData("app/")]
    [InlineData("a//b")]
    [InlineData("a..b")]
    [InlineData("a___b")]
    [InlineData("../app")]
    [InlineData("registry.example/../app")]
    [InlineData("registry.example:0/app")]
    [InlineData("registry.example:99999/app")]
    [InlineData("-host.example/app")]
    [InlineData("user:secret@registry.example/app")]
    [InlineData("https://registry.example/app")]
    [InlineData("registry.example/app?x=1")]
    [InlineData("registry.example/app:1 ")]
    [InlineData("registry.example\u0000/app")]
    public void Refuses_WhatIsNotAReference(string text)
    {
        var failure = Assert.Throws<OciException>(() => ImageReference.Parse(text));

        Assert.Equal(OciError.InvalidReference, failure.Error);
        Assert.DoesNotContain(failure.Message, c => char.IsControl(c));
    }

    [Fact]
    public void TheManifest_IsNamedByDigest_BeforeTag_BeforeLatest()
    {
        Assert.Equal("latest", ImageReference.Parse("app").TagOrDigest);
        Assert.Equal("1", ImageReference.Parse("app:1").TagOrDigest);
        Assert.Equal(Sha, ImageReference.Parse("app:1@" + Sha).TagOrDigest);
    }
}
