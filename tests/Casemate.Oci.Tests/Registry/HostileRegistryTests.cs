using System.Text;
using Casemate.Oci.Registry;
using Casemate.Testing;
using Casemate.Testing.Registry;

namespace Casemate.Oci.Tests.Registry;

/// <summary>Registries that answer what they must not: nothing of it is taken for the content that was asked for.</summary>
public sealed class HostileRegistryTests
{
    private static readonly byte[] s_content = Peer.Bytes(100_000);

    private static Dictionary<string, string> Header(string name, string value) => new() { [name] = value };

    [Fact]
    public async Task OtherBytes_OfTheSameLength_AreRefusedWithTheLastRead()
    {
        await using var peer = new Peer();
        peer.App.AddBlob(s_content);
        var wrong = s_content.ToArray();
        wrong[^1] ^= 1;
        peer.Server.Add(new RegistryFault(_ => true) { Body = wrong });

        var failure = await Peer.RefusedAsync(OciError.DigestMismatch, () => Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content)));

        Assert.Contains(Digest.Of(s_content).Text, failure.Message);
        Assert.Contains(Digest.Of(wrong).Text, failure.Message);
    }

    [Theory]
    [InlineData(99_999)]
    [InlineData(100_001)]
    [InlineData(0)]
    public async Task AnotherLength_IsRefused_BeforeAnythingIsRead(int length)
    {
        await using var peer = new Peer();
        peer.App.AddBlob(s_content);
        peer.Server.Add(new RegistryFault(_ => true) { Body = new byte[length] });

        await Peer.RefusedAsync(OciError.DigestMismatch, () => Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content)));
    }

    [Fact]
    public async Task ABodyWithoutAnEnd_IsRefused_WhereTheContentShouldEnd()
    {
        await using var peer = new Peer();
        peer.App.AddBlob(s_content);
        peer.App.AddImage("1");
        peer.Server.Add(new RegistryFault(_ => true) { IsEndless = true, Times = 2 });

        await Peer.RefusedAsync(OciError.DigestMismatch, () => Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content)));
        await Peer.RefusedAsync(OciError.LimitExceeded, () => peer.Repository().GetManifestAsync("1", CancellationToken.None));
    }

    [Fact]
    public async Task AManifest_OtherThanItsName_OrTooLarge_OrOfAnotherType_IsRefused()
    {
        await using var peer = new Peer(change: options => options with { Limits = new OciLimits { MaxManifestBytes = 10_000 } });
        var digest = peer.App.AddImage("1");
        peer.App.AddManifest(MediaTypes.Manifest, Encoding.UTF8.GetBytes($$"""{"a":"{{new string('x', 10_000)}}"}"""), "large");
        peer.Server.Add(new RegistryFault(r => r.Method == "GET") { Body = Peer.Text("{}"), Times = 2 });

        await Peer.RefusedAsync(OciError.DigestMismatch, () => peer.Repository().GetManifestAsync(digest, CancellationToken.None));
        await Peer.RefusedAsync(OciError.DigestMismatch, () => peer.Repository().GetManifestAsync("1", CancellationToken.None));
        await Peer.RefusedAsync(OciError.LimitExceeded, () => peer.Repository().GetManifestAsync("large", CancellationToken.None));
        await Peer.RefusedAsync(OciError.LimitExceeded, () => peer.Repository().ResolveAsync("large", CancellationToken.None));

        peer.Server.Add(new RegistryFault(_ => true) { Headers = Header("Content-Type", "text/html"), Times = 2 });
        await Peer.RefusedAsync(OciError.UnexpectedResponse, () => peer.Repository().ResolveAsync("1", CancellationToken.None));
    }

    [Fact]
    public async Task ADigestThatIsNotTheOneAskedFor_IsRefused()
    {
        await using var peer = new Peer();
        var digest = peer.App.AddImage("1");
        peer.Server.Add(new RegistryFault(_ => true) { Headers = Header("Docker-Content-Digest", Digest.Of("other"u8).Text) });

        await Peer.RefusedAsync(OciError.DigestMismatch, () => peer.Repository().ResolveAsync(digest, CancellationToken.None));
    }

    [Fact]
    public async Task ACircleOfRedirects_Ends()
    {
        await using var peer = new Peer();
        peer.Server.Add(new RegistryFault(_ => true)
        {
            Status = 302,
            Headers = Header("Location", $"/v2/team/app/blobs/{Digest.Of(s_content)}"),
            Times = int.MaxValue,
        });

        await Peer.RefusedAsync(OciError.UnexpectedResponse, () => Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content)));

        Assert.Equal(6, peer.Server.Log.Count);
    }

    [Theory]
    [InlineData("http://storage.example/blob")]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://user:word@storage.example/")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    public async Task ARedirect_ToSomewhereWithoutTls_IsNotFollowed(string location)
    {
        await using var peer = new Peer();
        peer.Server.Add(new RegistryFault(_ => true) { Status = 307, Headers = Header("Location", location), Times = int.MaxValue });

        await Peer.RefusedAsync(OciError.UnexpectedResponse, () => Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content)));
        await Peer.RefusedAsync(
            OciError.UnexpectedResponse,
            () => peer.Repository().WriteAsync(Peer.Layer(s_content), new MemoryStream(s_content), CancellationToken.None));
    }

    [Fact]
    public async Task APartOfAnotherPlace_IsRefused()
    {
        await using var peer = new Peer();
        peer.App.AddBlob(s_content);
        peer.Server.Add(new RegistryFault(_ => true) { CutDownloadAfter = 1_000 });
        peer.Server.Add(new RegistryFault(_ => true) { Headers = Header("Content-Range", "bytes 0-98999/100000") });

        await Peer.RefusedAsync(OciError.UnexpectedResponse, () => Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content)));
    }

    [Fact]
    public async Task ABodyThatIsCompressed_IsRefused()
    {
        await using var peer = new Peer();
        peer.App.AddBlob(s_content);
        peer.Server.Add(new RegistryFault(_ => true) { Headers = Header("Content-Encoding", "gzip") });

        await Peer.RefusedAsync(OciError.UnexpectedResponse, () => Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content)));
    }

    [Theory]
    [InlineData("0-9999999")]
    [InlineData("0-9223372036854775806")]
    public async Task ARegistryThatHasMoreThanWasSent_IsNotBelieved(string range)
    {
        await using var peer = new Peer(change: options => options with { ChunkBytes = 64 * 1024 });
        peer.Server.Add(new RegistryFault(r => r.Method == "PATCH") { Headers = Header("Range", range) });

        await Peer.RefusedAsync(
            OciError.UnexpectedResponse,
            () => peer.Repository().WriteAsync(Peer.Layer(s_content), new MemoryStream(s_content), CancellationToken.None));
    }

    [Theory]
    [InlineData("0-0")]
    [InlineData("0-9")]
    public async Task ARegistryThatTakesPieces_AndKeepsNothingOfThem_IsGivenUp(string range)
    {
        await using var peer = new Peer(change: options => options with { ChunkBytes = 64 * 1024, MaxAttempts = 3 });
        var location = new Uri($"http://{peer.Server.Host}/v2/team/app/blobs/uploads/1");
        peer.Server.Add(new RegistryFault(r => r.Method == "PATCH")
        {
            Status = 202,
            Headers = new Dictionary<string, string> { ["Range"] = range, ["Location"] = location.AbsolutePath },
            Times = int.MaxValue,
        });

        await Peer.RefusedAsync(
            OciError.UnexpectedResponse,
            () => peer.Repository().WriteAsync(Peer.Layer(s_content), new MemoryStream(s_content), CancellationToken.None));

        Assert.Equal(3, peer.Server.Log.Count(r => r.Method == "PATCH"));
    }

    [Fact]
    public async Task AnUploadWithoutALocation_IsRefused()
    {
        await using var peer = new Peer();
        peer.Server.Add(new RegistryFault(r => r.Method == "POST") { Status = 202 });

        await Peer.RefusedAsync(
            OciError.UnexpectedResponse,
            () => peer.Repository().WriteAsync(Peer.Layer(s_content), new MemoryStream(s_content), CancellationToken.None));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"tags":"all"}""")]
    [InlineData("""{"tags":["good","../evil"]}""")]
    [InlineData("""{"tags":[1]}""")]
    [InlineData("""{"name":"x"}""")]
    [InlineData("<html>")]
    public async Task WhatIsNoListOfTags_IsRefused(string body)
    {
        await using var peer = new Peer();
        peer.Server.Add(new RegistryFault(_ => true) { Body = Peer.Text(body) });

        await Peer.RefusedAsync(OciError.UnexpectedResponse, () => peer.Repository().TagsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task PagesInACircle_OrOnAnotherHost_OrWithoutEnd_AreRefused()
    {
        await using var peer = new Peer(new TestRegistryOptions { PageSize = 2 }, options => options with { MaxListed = 5 });
        foreach (var tag in "abcdefg")
        {
            peer.App.AddImage($"{tag}");
        }

        await Peer.RefusedAsync(OciError.LimitExceeded, () => peer.Repository().TagsAsync(CancellationToken.None));

        peer.Server.Add(new RegistryFault(_ => true) { Headers = Header("Link", "</v2/team/app/tags/list>; rel=\"next\"") });
        await Peer.RefusedAsync(OciError.UnexpectedResponse, () => peer.Repository().TagsAsync(CancellationToken.None));

        peer.Server.Add(new RegistryFault(_ => true) { Headers = Header("Link", "<https://other.example/v2/x>; rel=\"next\"") });
        await Peer.RefusedAsync(OciError.UnexpectedResponse, () => peer.Repository().TagsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task PagesThatAreTooMuchTogether_AreRefused()
    {
        await using var peer = new Peer(
            new TestRegistryOptions { PageSize = 2 }, options => options with { Limits = new OciLimits { MaxManifestBytes = 100 } });
        for (var i = 0; i < 200; i++)
        {
            peer.App.AddImage($"tag-{i:000}");
        }

        var failure = await Peer.RefusedAsync(OciError.LimitExceeded, () => peer.Repository().TagsAsync(CancellationToken.None));

        Assert.Contains("1,600", failure.Message);
    }

    [Fact]
    public async Task WithoutLeave_NobodyIsSpokenTo_WithoutTls()
    {
        await using var peer = new Peer(change: options => options with { AllowPlainHttp = new HashSet<string>(), MaxAttempts = 1 });

        var failure = await Peer.RefusedAsync(OciError.Unavailable, () => peer.Repository().ResolveAsync("1", CancellationToken.None));

        Assert.Contains($"--plain-http {peer.Server.Host}", failure.Remedy);
        Assert.Empty(peer.Server.Log);
    }

    [Fact]
    public async Task ACertificate_IsTrusted_IfTheNamedAuthorityIssuedIt_AndNotOtherwise()
    {
        using var authority = new TestAuthority("registries");
        using var other = new TestAuthority("others");
        using var certificate = authority.Issue("localhost");
        await using var server = new TestRegistry(new TestRegistryOptions { Certificate = certificate });
        var digest = server.Repository("team/app").AddImage("1");
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("ca.pem"), authority.Pem);
        File.WriteAllText(directory.File("other.pem"), other.Pem);
        var reference = ImageReference.Parse($"{server.Host}/team/app:1");
        using var good = RegistryTransport.CreateHandler(RegistryTransport.ReadAuthorities(directory.File("ca.pem")));
        using var bad = RegistryTransport.CreateHandler(RegistryTransport.ReadAuthorities(directory.File("other.pem")));
        using var trusting = new RegistryClient(handler: good);
        using var doubting = new RegistryClient(handler: bad);

        Assert.Equal(digest, (await trusting.Repository(reference).ResolveAsync(null, CancellationToken.None)).Digest.Text);
        var failure = await Peer.RefusedAsync(OciError.Unavailable, () => doubting.Repository(reference).ResolveAsync(null, CancellationToken.None));
        Assert.Contains("not trusted", failure.Message);
        await Peer.RefusedAsync(OciError.Storage, () => Task.FromResult(RegistryTransport.ReadAuthorities(directory.File("none.pem"))));
        await Peer.RefusedAsync(OciError.LimitExceeded, () => Task.FromResult(RegistryTransport.ReadAuthorities("/dev/zero")));
    }
}
