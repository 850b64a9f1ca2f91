using System.Text;
using Casemate.Oci.Registry;
using Casemate.Testing;

namespace Casemate.Oci.Tests.Registry;

/// <summary>Credentials as Docker, Podman and their relatives keep them.</summary>
public sealed class DockerCredentialsTests : IDisposable
{
    private const string Secret = "s3cret:with-colon";
    private readonly TemporaryDirectory _directory = new();

    private static string Auth => Convert.ToBase64String(Encoding.UTF8.GetBytes($"ann:{Secret}"));

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("registry.example", "registry.example")]
    [InlineData("https://registry.example", "registry.example")]
    [InlineData("https://registry.example/v1/", "registry.example")]
    [InlineData("http://registry.example/v2/", "registry.example")]
    [InlineData("registry.example:5000", "registry.example:5000")]
    [InlineData("https://index.docker.io/v1/", "docker.io")]
    [InlineData("index.docker.io", "docker.io")]
    [InlineData("docker.io", "docker.io")]
    [InlineData("registry-1.docker.io", "docker.io")]
    [InlineData("registry.example/team", "registry.example")]
    [InlineData("registry.example/team/app", "registry.example")]
    public async Task AKey_MeansItsRegistry(string key, string registry)
    {
        var found = await FindAsync($$$"""{"auths":{"{{{key}}}":{"auth":"{{{Auth}}}"} } }""", registry);

        Assert.Equal(("ann", Secret), (found?.UserName, found?.Password));
    }

    [Theory]
    [InlineData("registry.example", "registry.example:5000")]
    [InlineData("registry.example:5000", "registry.example")]
    [InlineData("https://registry.example.evil/v1/", "registry.example")]
    [InlineData("registry.example/other", "registry.example")]
    [InlineData("registry.example/te", "registry.example")]
    [InlineData("evil.example/registry.example", "registry.example")]
    public async Task AKey_MeansNoOther(string key, string registry) =>
        Assert.Null(await FindAsync($$$"""{"auths":{"{{{key}}}":{"auth":"{{{Auth}}}"} } }""", registry));

    [Fact]
    public async Task TheLongestPath_Counts()
    {
        var other = Convert.ToBase64String(Encoding.UTF8.GetBytes("bob:other"));
        var json = $$$"""{"auths":{"registry.example":{"auth":"{{{other}}}"},"registry.example/team":{"auth":"{{{Auth}}}"} } }""";

        Assert.Equal("ann", (await FindAsync(json, "registry.example"))?.UserName);
    }

    [Fact]
    public async Task IdentityTokens_RegistryTokens_AndEmptyEntries_AreKnown()
    {
        Assert.Equal("abc", (await FindAsync("""{"auths":{"r.example":{"identitytoken":"abc","auth":"YTpi"}}}""", "r.example"))?.IdentityToken);
        Assert.Equal("abc", (await FindAsync("""{"auths":{"r.example":{"registrytoken":"abc"}}}""", "r.example"))?.RegistryToken);
        Assert.Null(await FindAsync("""{"auths":{"r.example":{}}}""", "r.example"));
        Assert.Null(await FindAsync("{}", "r.example"));
        Assert.Null(await FindAsync("", "r.example"));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"auths":[]}""")]
    [InlineData("""{"auths":{"r.example":"x"}}""")]
    [InlineData("""{"auths":{"r.example":{"auth":"s3cret"}}}""")]
    [InlineData("""{"auths":{"r.example":{"auth":"czNjcmV0"}}}""")]
    [InlineData("""{"credHelpers":{"r.example":1}}""")]
    [InlineData("{s3cret")]
    public async Task AMalformedFile_IsNamed_AndNothingOfItIsShown(string json)
    {
        var failure = await Peer.RefusedAsync(OciError.MalformedDocument, () => FindAsync(json, "r.example"));

        Assert.Contains("config.json", failure.Message);
        Assert.DoesNotContain("s3cret", failure.ToString());
        Assert.DoesNotContain("czNjcmV0", failure.ToString());
    }

    [Fact]
    public void TheFiles_AreThoseOfTheEnvironment()
    {
        Assert.Equal(["/a.json"], DockerCredentials.FilesOf(Environment(("REGISTRY_AUTH_FILE", "/a.json"), ("HOME", "/h"))));
        Assert.Equal(
            ["/run/u/containers/auth.json", "/h/.config/containers/auth.json", "/h/.docker/config.json"],
            DockerCredentials.FilesOf(Environment(("XDG_RUNTIME_DIR", "/run/u"), ("HOME", "/h"))));
        Assert.Equal(
            ["/c/containers/auth.json", "/d/config.json"], DockerCredentials.FilesOf(Environment(("XDG_CONFIG_HOME", "/c"), ("DOCKER_CONFIG", "/d"))));
        Assert.Throws<OciException>(() => new DockerCredentials(Environment(), _directory.File("none")));
    }

    [Theory]
    [InlineData("""{"credHelpers":{"r.example":"test"}}""", "r.example", "r.example")]
    [InlineData("""{"credsStore":"test","auths":{"r.example":{}}}""", "r.example", "r.example")]
    [InlineData("""{"credsStore":"test"}""", "docker.io", "https://index.docker.io/v1/")]
    [InlineData("""{"credsStore":"none","credHelpers":{"r.example":"test"}}""", "r.example", "r.example")]
    public async Task AHelper_IsAsked_ForTheServerThatItKnows(string json, string registry, string server)
    {
        Helper("test", "read server; [ \"$1\" = get ] && printf '{\"ServerURL\":\"x\",\"Username\":\"%s\",\"Secret\":\"pw\"}' \"$server\"");

        var found = await FindAsync(json, registry);

        Assert.Equal((server, "pw"), (found?.UserName, found?.Password));
    }

    [Fact]
    public async Task AHelper_MayHaveAnIdentityToken_OrNothing()
    {
        Helper("token", "cat >/dev/null; echo '{\"Username\":\"<token>\",\"Secret\":\"abc\"}'");
        Helper("empty", "cat >/dev/null; echo 'credentials not found in native keychain'; exit 1");

        Assert.Equal("abc", (await FindAsync("""{"credsStore":"token"}""", "r.example"))?.IdentityToken);
        Assert.Equal("ann", (await FindAsync($$$"""{"credsStore":"empty","auths":{"r.example":{"auth":"{{{Auth}}}"} } }""", "r.example"))?.UserName);
    }

    [Theory]
    [InlineData("exit 3")]
    [InlineData("cat >/dev/null; echo 's3cret'")]
    [InlineData("cat >/dev/null; echo '{\"Secret\":\"s3cret\"}'")]
    [InlineData("cat >/dev/null; echo 's3cret' >&2; echo 's3cret'; exit 1")]
    public async Task AHelperThatFails_IsNamed_AndNothingOfItsAnswerIsShown(string script)
    {
        Helper("bad", script);

        var failure = await Peer.RefusedAsync(OciError.Unauthorized, () => FindAsync("""{"credsStore":"bad"}""", "r.example"));

        Assert.Contains("docker-credential-bad", failure.Message);
        Assert.DoesNotContain("s3cret", failure.ToString());
    }

    [Fact]
    public async Task AHelper_IsBounded_AndNamedWithoutTricks()
    {
        Helper("endless", "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done");

        await Peer.RefusedAsync(OciError.LimitExceeded, () => FindAsync("""{"credsStore":"endless"}""", "r.example"));
        await Peer.RefusedAsync(OciError.MalformedDocument, () => FindAsync("""{"credsStore":"../../bin/sh"}""", "r.example"));
        await Peer.RefusedAsync(OciError.Unauthorized, () => FindAsync("""{"credsStore":"missing"}""", "r.example"));
    }

    [Fact]
    public async Task AHelperThatDoesNotAnswer_IsEnded()
    {
        Helper("slow", "exec sleep 1000");
        var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch);
        File.WriteAllText(_directory.File("config.json"), """{"credsStore":"slow"}""");
        var credentials = new DockerCredentials(Environment(("PATH", Path())), _directory.File("config.json"), clock);

        var finding = credentials.FindAsync("r.example", "team/app", CancellationToken.None).AsTask();
        Assert.False(finding.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(31));

        await Peer.RefusedAsync(OciError.Unauthorized, () => finding.SoonAsync());
    }

    private static Func<string, string?> Environment(params (string Name, string Value)[] variables) =>
        name => variables.FirstOrDefault(variable => variable.Name == name).Value;

    private string Path() => $"{_directory.Path}:/usr/bin:/bin";

    private void Helper(string name, string script)
    {
        var path = _directory.File($"docker-credential-{name}");
        File.WriteAllText(path + ".script", script);
        File.CreateSymbolicLink(
            path, System.IO.Path.Combine(RepositoryPaths.Root, "tests/Casemate.Oci.Tests/Registry/credential-helper"));
    }

    private async Task<RegistryCredential?> FindAsync(string json, string registry)
    {
        File.WriteAllText(_directory.File("config.json"), json);
        return await new DockerCredentials(Environment(("PATH", Path())), _directory.File("config.json"))
            .FindAsync(registry, "team/app", CancellationToken.None);
    }
}
