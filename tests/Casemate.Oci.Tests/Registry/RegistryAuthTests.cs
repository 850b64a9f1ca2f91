using System.Text;
using Casemate.Oci.Registry;
using Casemate.Testing;
using Casemate.Testing.Registry;

namespace Casemate.Oci.Tests.Registry;

/// <summary>Who asks: basic authentication, and tokens as the distribution project specifies them.</summary>
public sealed class RegistryAuthTests
{
    private const string Secret = "s3cret-of-the-user";
    private const string Identity = "identity-token-of-the-user";
    private static readonly byte[] s_content = Peer.Bytes(200_000);

    private static readonly TestRegistryOptions s_tokens = new()
    {
        Auth = TestRegistryAuth.Token,
        Users = new Dictionary<string, string> { ["ann"] = Secret },
        IdentityTokens = new HashSet<string> { Identity },
    };

    private static Peer As(RegistryCredential? credential, TestRegistryOptions options, Func<RegistryOptions, RegistryOptions>? change = null) =>
        new(options, client => (change ?? (same => same))(client with { Credentials = new Fixed(credential) }));

    private static Task PushAsync(Peer peer) =>
        peer.Repository().WriteAsync(Peer.Layer(s_content), new MemoryStream(s_content), CancellationToken.None);

    [Fact]
    public async Task Basic_IsSent_OnlyWhereItIsAskedFor()
    {
        var credential = RegistryCredential.OfPassword("ann", Secret);
        await using var open = As(credential, new TestRegistryOptions());
        await using var basic = As(credential, s_tokens with { Auth = TestRegistryAuth.Basic });

        await PushAsync(open);
        await PushAsync(basic);

        Assert.All(open.Server.Log, r => Assert.Null(r.Header("Authorization")));
        Assert.Null(basic.Server.Log[0].Header("Authorization"));
        Assert.All(basic.Server.Log.Skip(1), r => Assert.Equal(Convert.ToBase64String(Encoding.UTF8.GetBytes($"ann:{Secret}")), r.Header("Authorization")![6..]));
        Assert.Single(basic.App.Blobs);
    }

    [Fact]
    public async Task AToken_IsFetchedOnce_ForAllThatItAllows()
    {
        await using var peer = As(RegistryCredential.OfPassword("ann", Secret), s_tokens);

        await PushAsync(peer);
        await peer.Repository().ExistsAsync(Peer.Layer(s_content), CancellationToken.None);

        var asked = Assert.Single(peer.Server.Log, r => r.Path == "/token");
        Assert.Equal("GET", asked.Method);
        Assert.Contains("service=registry%20of%20tests", asked.Query);
        Assert.Contains("scope=repository%3Ateam%2Fapp%3Apull%2Cpush", asked.Query);
        Assert.All(peer.Server.Log.Where(r => r.Path != "/token").Skip(1), r => Assert.StartsWith("Bearer ", r.Header("Authorization")));
    }

    [Fact]
    public async Task ManyRequestsAtOnce_ShareOneToken()
    {
        await using var peer = As(RegistryCredential.OfPassword("ann", Secret), s_tokens);
        peer.App.AddBlob(s_content);
        var repository = peer.Repository();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Peer.ReadAsync(repository, Peer.Layer(s_content))));

        Assert.Single(peer.Server.Log, r => r.Path == "/token");
    }

    [Fact]
    public async Task ATokenThatIsRefused_IsRenewed_InTheMiddleOfAnUpload()
    {
        await using var peer = As(
            RegistryCredential.OfPassword("ann", Secret), s_tokens with { TokenUses = 2 }, client => client with { ChunkBytes = 64 * 1024 });

        await PushAsync(peer);

        Assert.Single(peer.App.Blobs);
        Assert.Equal(3, peer.Server.TokensGiven.Count);
    }

    [Fact]
    public async Task ATokenThatHasEnded_IsNotSent()
    {
        var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch);
        await using var peer = As(RegistryCredential.OfPassword("ann", Secret), s_tokens, client => client with { Time = clock });
        peer.App.AddBlob(s_content);
        await Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content));
        var first = peer.Server.TokensGiven[0];
        peer.Server.ClearLog();

        clock.Advance(TimeSpan.FromSeconds(296));
        await Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content));

        Assert.DoesNotContain(peer.Server.Log, r => r.Header("Authorization")?.EndsWith(first, StringComparison.Ordinal) ?? false);
        Assert.Equal(2, peer.Server.TokensGiven.Count);
    }

    [Fact]
    public async Task AnIdentityToken_IsExchanged_AndNotInAnyAddress()
    {
        await using var peer = As(RegistryCredential.OfIdentityToken(Identity), s_tokens);

        await PushAsync(peer);

        var asked = Assert.Single(peer.Server.Log, r => r.Path == "/token");
        Assert.Equal("POST", asked.Method);
        Assert.Contains("grant_type=refresh_token", asked.Form);
        Assert.Contains($"refresh_token={Identity}", asked.Form);
        Assert.All(peer.Server.Log, r => Assert.DoesNotContain(Identity, r.Query));
    }

    [Fact]
    public async Task ARegistryToken_IsSentAsItIs()
    {
        await using var peer = As(RegistryCredential.OfRegistryToken("as-it-is"), s_tokens with { AnonymousPull = true });
        peer.App.AddBlob(s_content);

        await Peer.RefusedAsync(OciError.Unauthorized, () => Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content)));

        Assert.Equal("Bearer as-it-is", peer.Server.Log[^1].Header("Authorization"));
        Assert.DoesNotContain(peer.Server.Log, r => r.Path == "/token");
    }

    [Fact]
    public async Task Nobody_GetsATokenForReading_AndNoMore()
    {
        await using var peer = As(null, s_tokens with { AnonymousPull = true });
        peer.App.AddBlob(s_content);

        Assert.Equal(s_content, await Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content)));
        await Peer.RefusedAsync(OciError.Unauthorized, () => PushAsync(peer));
    }

    [Fact]
    public async Task Mounting_AsksForBothRepositories()
    {
        await using var peer = As(RegistryCredential.OfPassword("ann", Secret), s_tokens);
        peer.Server.Repository("team/base").AddBlob(s_content);

        Assert.True(await peer.Repository().TryMountAsync(Peer.Layer(s_content), "team/base", CancellationToken.None));

        var asked = Assert.Single(peer.Server.Log, r => r.Path == "/token");
        Assert.Contains("scope=repository%3Ateam%2Fapp%3Apull%2Cpush", asked.Query);
        Assert.Contains("scope=repository%3Ateam%2Fbase%3Apull", asked.Query);
    }

    [Theory]
    [InlineData("basic")]
    [InlineData("password")]
    [InlineData("identity")]
    public async Task AWrongCredential_IsRefused_WithoutBeingShown(string kind)
    {
        const string wrong = "wr0ng-but-still-a-secret";
        var credential = kind == "identity" ? RegistryCredential.OfIdentityToken(wrong) : RegistryCredential.OfPassword("ann", wrong);
        await using var peer = As(credential, s_tokens with { Auth = kind == "basic" ? TestRegistryAuth.Basic : TestRegistryAuth.Token });

        var failure = await Peer.RefusedAsync(OciError.Unauthorized, () => PushAsync(peer));

        Assert.DoesNotContain(wrong, failure.ToString());
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes($"ann:{wrong}")), failure.ToString());
        Assert.DoesNotContain(wrong, credential.ToString());
        Assert.NotNull(failure.Remedy);
    }

    [Fact]
    public async Task ARegistryThatRepeatsACredential_DoesNotGetItIntoAMessage()
    {
        await using var peer = As(RegistryCredential.OfPassword("ann", Secret), s_tokens with { Auth = TestRegistryAuth.Basic });
        await PushAsync(peer);
        var sent = peer.Server.Log[^1].Header("Authorization")![6..];
        peer.Server.Add(new RegistryFault(_ => true)
        {
            Status = 400,
            Body = Peer.Text($$"""{"errors":[{"code":"X","message":"you sent {{sent}}, which is {{Secret}}"}]}"""),
        });

        var failure = await Peer.RefusedAsync(OciError.UnexpectedResponse, () => Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content)));

        Assert.Contains("you sent ***, which is ***", failure.Message);
    }

    [Fact]
    public async Task ACredential_DoesNotFollowARedirect_ToAnotherHost()
    {
        await using var peer = As(RegistryCredential.OfPassword("ann", Secret), s_tokens with { Auth = TestRegistryAuth.Basic });
        await using var storage = new TestRegistry(new TestRegistryOptions { StorageOf = peer.Server });
        peer.App.AddBlob(s_content);
        peer.Server.Add(new RegistryFault(r => r.Path.Contains("/blobs/") && r.Header("Authorization") is not null)
        {
            Status = 307,
            Headers = new Dictionary<string, string> { ["Location"] = $"{storage.Address}/storage/{Digest.Of(s_content)}?signature=1" },
            Times = 2,
        });
        storage.Add(new RegistryFault(_ => true) { CutDownloadAfter = 150_000 });

        Assert.Equal(s_content, await Peer.ReadAsync(peer.Repository(), Peer.Layer(s_content)));

        Assert.Equal([null, "bytes=150000-"], storage.Log.Select(r => r.Header("Range")));
        Assert.All(storage.Log, r => Assert.Null(r.Header("Authorization")));
    }

    [Theory]
    [InlineData("http://tokens.example/token")]
    [InlineData("ftp://localhost/token")]
    [InlineData("https://user:word@localhost/token")]
    [InlineData("token")]
    public async Task ATokenService_WithoutTls_OnAnotherMachine_GetsNothing(string realm)
    {
        await using var peer = As(RegistryCredential.OfPassword("ann", Secret), s_tokens with { Realm = realm });

        await Peer.RefusedAsync(OciError.UnexpectedResponse, () => PushAsync(peer));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"token":""}""")]
    [InlineData("""{"token":"a b"}""")]
    [InlineData("""{"token":"a\r\nX-Evil: 1"}""")]
    [InlineData("""{"token":"a","token":"b"}""")]
    [InlineData("not json")]
    public async Task WhatIsNoToken_IsNotSent(string answer)
    {
        await using var peer = As(RegistryCredential.OfPassword("ann", Secret), s_tokens);
        peer.Server.Add(new RegistryFault(r => r.Path == "/token") { Body = Peer.Text(answer) });

        await Peer.RefusedAsync(OciError.UnexpectedResponse, () => PushAsync(peer));
    }

    [Fact]
    public async Task ATokenServiceInTrouble_IsAskedAgain()
    {
        await using var peer = As(RegistryCredential.OfPassword("ann", Secret), s_tokens);
        peer.Server.Add(new RegistryFault(r => r.Path == "/token") { Status = 503, Times = 2 });

        await PushAsync(peer);

        Assert.Single(peer.App.Blobs);
        Assert.Equal(2, peer.Pauses.Count);
    }

    [Theory]
    [InlineData("realm=\"https://a/t\",service=\"s\",scope=\"a b\"", "https://a/t|s|a b")]
    [InlineData(" realm = \"https://a/t\" , service=s", "https://a/t|s|")]
    [InlineData("realm=\"a\\\"b\"", "a\"b||")]
    [InlineData("realm=\"a,b=c\",scope=\"x:pull,push\"", "a,b=c||x:pull,push")]
    [InlineData("realm=\"a\",realm=\"b\"", null)]
    [InlineData("realm=\"a", null)]
    [InlineData("realm=\"a\\", null)]
    [InlineData("realm=\"a\"x", null)]
    [InlineData("=\"a\"", null)]
    [InlineData("realm", null)]
    public void AChallenge_IsReadAsItIsWritten(string text, string? expected)
    {
        var found = AuthChallenge.ReadParameters(text);

        Assert.Equal(
            expected,
            found is null ? null : $"{found.GetValueOrDefault("realm")}|{found.GetValueOrDefault("service")}|{found.GetValueOrDefault("scope")}");
    }

    private sealed class Fixed(RegistryCredential? credential) : IRegistryCredentials
    {
        public ValueTask<RegistryCredential?> FindAsync(string registry, string repository, CancellationToken cancel) => new(credential);
    }
}
