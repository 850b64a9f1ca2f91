using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using Casemate.Testing;
using Casemate.Testing.Registry;

namespace Casemate.Cli.Tests.Image;

/// <summary><c>casemate image inspect|diff|pull|push|copy</c> against a registry on loopback.</summary>
public sealed class ImageCommandTests : IAsyncLifetime, IDisposable
{
    private const string Secret = "s3cret-of-ann";
    private static readonly byte[] s_large = [.. Enumerable.Range(0, 2_000_000).Select(i => (byte)((i * 31) ^ (i >> 8)))];

    private readonly TemporaryDirectory _directory = new();
    private readonly TestRegistry _open = new();
    private readonly TestRegistry _tokens = new(new TestRegistryOptions
    {
        Auth = TestRegistryAuth.Token,
        Users = new Dictionary<string, string> { ["ann"] = Secret },
    });

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _open.DisposeAsync();
        await _tokens.DisposeAsync();
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Inspect_ShowsAnImage_WithoutReadingALayer()
    {
        var digest = _open.Repository("team/app").AddImage("1", s_large, "x"u8.ToArray());

        var table = Run("inspect", $"{_open.Host}/team/app:1");
        using var json = JsonDocument.Parse(Run("inspect", $"{_open.Host}/team/app:1", "-o", "json", "--referrers").Output);
        var yaml = Run("inspect", $"docker://{_open.Host}/team/app:1", "-o", "yaml");

        Assert.Equal(ExitCode.Success, table.ExitCode);
        Assert.Contains(digest, table.Output);
        Assert.Contains("entrypoint   /app", table.Output);
        Assert.Equal(digest, json.RootElement.GetProperty("digest").GetString());
        Assert.Equal("linux/amd64", json.RootElement.GetProperty("platform").GetString());
        Assert.Equal(2, json.RootElement.GetProperty("layers").GetArrayLength());
        Assert.Equal(2_000_001, json.RootElement.GetProperty("layerBytes").GetInt64());
        Assert.Equal(0, json.RootElement.GetProperty("referrers").GetArrayLength());
        Assert.Contains($"digest: \"{digest}\"", yaml.Output);
        Assert.All(_open.Log, r => Assert.True(r.Sent < 10_000, r.ToString()));
    }

    [Fact]
    public void Inspect_ChoosesAPlatform_AndPrintsTheRawIndex()
    {
        var repository = _open.Repository("team/app");
        var (amd, arm) = (repository.AddImage(null, "a"u8.ToArray()), repository.AddImage(null, "arm64", ["b"u8.ToArray()]));
        var index = repository.AddIndex("1", ("amd64", amd), ("arm64", arm));

        Assert.Contains(amd, Run("inspect", $"{_open.Host}/team/app:1").Output);
        Assert.Contains(arm, Run("inspect", $"{_open.Host}/team/app:1", "--platform", "linux/arm64").Output);
        Assert.Contains("platforms    linux/amd64, linux/arm64", Run("inspect", $"{_open.Host}/team/app:1").Output);
        Assert.Equal(repository.Manifests[index].Content, Run("inspect", $"{_open.Host}/team/app:1", "--raw").Bytes);
        Assert.Equal(ExitCode.BadInput, Run("inspect", $"{_open.Host}/team/app:1", "--platform", "linux/s390x").ExitCode);
    }

    [Theory]
    [InlineData("oci:")]
    [InlineData("oci-archive:")]
    public void AnImage_ComesBackAsItWas_ThroughAnyPlace(string place)
    {
        var digest = _open.Repository("team/app").AddImage("1", s_large, Tar(("etc/os-release", "x")));
        var path = place + _directory.File("there") + ":app";

        var pulled = Run("pull", $"{_open.Host}/team/app:1", path);
        var copied = Run("copy", path, $"docker://{_open.Host}/team/copy:2");
        var pushed = Run("push", path, $"{_open.Host}/team/again:3", "-o", "json");

        Assert.True(pulled.ExitCode == 0, pulled.Error);
        Assert.True(copied.ExitCode == 0, copied.Error);
        Assert.Equal($"{path} {digest}\n", pulled.Output);
        Assert.Contains("3 blobs copied", pulled.Error);
        Assert.Equal(digest, _open.Repository("team/copy").Tags["2"]);
        Assert.Equal(digest, _open.Repository("team/again").Tags["3"]);
        using var json = JsonDocument.Parse(pushed.Output);
        Assert.Equal(3, json.RootElement.GetProperty("blobsCopied").GetInt32());
        Assert.Equal(digest, json.RootElement.GetProperty("digest").GetString());
    }

    [Fact]
    public void ADockerArchive_HoldsTheSameLayers()
    {
        _open.Repository("team/app").AddImage("1", Tar(("app", "x")));
        var archive = $"docker-archive:{_directory.File("app.tar")}:app:1";

        var copied = Run("copy", $"{_open.Host}/team/app:1", archive);
        Assert.True(copied.ExitCode == 0, copied.Error);

        Assert.Equal(ExitCode.Success, Run("diff", $"{_open.Host}/team/app:1", archive).ExitCode);
        Assert.Equal(ExitCode.Usage, Run("copy", "--all", $"{_open.Host}/team/app:1", archive).ExitCode);
    }

    [Theory]
    [InlineData("application/vnd.oci.image.layer.v1.tar+zstd")]
    [InlineData("application/vnd.docker.image.rootfs.diff.tar.zstd")]
    public void LayersCompressedWithZstd_AreTheSameImage(string mediaType)
    {
        byte[][] layers = [Tar(("etc/os-release", "x"), ("app", new string('a', 5000))), Tar(("app", "two"))];
        _open.Repository("team/app").AddImage("plain", layers);
        var digest = _open.Repository("team/app").AddImage("zstd", "amd64", layers, mediaType, layer => StoredZstandard.Of(layer));
        var archive = $"docker-archive:{_directory.File("app.tar")}:app:1";
        var layout = $"oci:{_directory.File("there")}:app";

        var pulled = Run("pull", $"{_open.Host}/team/app:zstd", layout);
        var saved = Run("copy", layout, archive);
        var inspected = Run("inspect", layout);

        Assert.Equal((0, $"{layout} {digest}\n"), (pulled.ExitCode, pulled.Output));
        Assert.True(saved.ExitCode == 0, saved.Error);
        Assert.Equal(0, inspected.ExitCode);
        Assert.Contains("zstd", inspected.Output);
        Assert.Equal((0, "no difference\n"), Result(Run("diff", layout, archive)));
        Assert.Equal((0, "no difference\n"), Result(Run("diff", layout, $"{_open.Host}/team/app:plain")));
    }

    [Fact]
    public void APull_ThatWasCut_GoesOn_WhenTheCommandIsGivenAgain()
    {
        _open.Repository("team/app").AddImage("1", s_large);
        var isLarge = (LoggedRequest r) => r.Method == "GET" && r.Path.Contains("/blobs/") && r.Status != 404
            && r.Path.EndsWith(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(s_large)), StringComparison.Ordinal);
        _open.Add(new RegistryFault(isLarge) { CutDownloadAfter = 1_200_000 });
        _open.Add(new RegistryFault(isLarge) { Status = 404 });
        var path = $"oci:{_directory.File("there")}:1";

        var first = Run("pull", $"{_open.Host}/team/app:1", path);
        var second = Run("pull", $"{_open.Host}/team/app:1", path);

        Assert.Equal(ExitCode.BadInput, first.ExitCode);
        Assert.True(second.ExitCode == 0, second.Error);
        Assert.Equal(2_000_000, _open.Log.Where(isLarge).Sum(r => r.Sent));
        Assert.False(Directory.Exists(_directory.File("there/.partial")));
        Assert.Equal(ExitCode.Success, Run("inspect", path).ExitCode);
    }

    [Fact]
    public void Diff_SaysWhatChanged()
    {
        var repository = _open.Repository("team/app");
        repository.AddImage("1", Tar(("app", "one"), ("same", "x"), ("gone", "x")));
        repository.AddImage("2", Tar(("app", "two"), ("same", "x"), ("new", "x")));

        var same = Run("diff", $"{_open.Host}/team/app:1", $"{_open.Host}/team/app:1");
        var table = Run("diff", $"{_open.Host}/team/app:1", $"{_open.Host}/team/app:2");
        using var json = JsonDocument.Parse(Run("diff", $"{_open.Host}/team/app:1", $"{_open.Host}/team/app:2", "-o", "json").Output);

        Assert.Equal((ExitCode.Success, "no difference\n"), (same.ExitCode, same.Output));
        Assert.Equal(ExitCode.Refused, table.ExitCode);
        Assert.DoesNotContain("same", table.Output);
        Assert.Equal("file", json.RootElement.GetProperty("files")[0].GetProperty("after").GetProperty("kind").GetString());
        Assert.Equal(
            ["/app changed", "/gone removed", "/new added"],
            json.RootElement.GetProperty("files").EnumerateArray().Select(f => $"{f.GetProperty("path")} {f.GetProperty("change")}"));
    }

    [Theory]
    [InlineData("config.json", "auths")]
    [InlineData("config.json", "wrong")]
    public void Credentials_AreUsed_AndNeverShown(string name, string kind)
    {
        _open.Repository("team/app").AddImage("1", s_large);
        var password = kind == "auths" ? Secret : "wr0ng-s3cret";
        var auth = Convert.ToBase64String(Encoding.UTF8.GetBytes($"ann:{password}"));
        File.WriteAllText(_directory.File(name), "{\"auths\":{\"" + _tokens.Host + "\":{\"auth\":\"" + auth + "\"}}}");
        string[] copy = ["copy", $"{_open.Host}/team/app:1", $"{_tokens.Host}/team/app:1", "-v"];

        var environment = Run(new Dictionary<string, string> { ["DOCKER_CONFIG"] = _directory.Path, ["CASEMATE_DEBUG"] = "1" }, false, copy);
        var file = Run([.. copy, "--authfile", _directory.File(name)]);
        var none = Run(copy);

        Assert.Equal(kind == "auths" ? ExitCode.Success : ExitCode.NotPermitted, environment.ExitCode);
        Assert.Equal(environment.ExitCode, file.ExitCode);
        Assert.Equal(ExitCode.NotPermitted, none.ExitCode);
        Assert.All(
            [environment, file, none],
            run =>
            {
                Assert.DoesNotContain(password, run.Output + run.Error);
                Assert.DoesNotContain(auth, run.Output + run.Error);
                Assert.DoesNotContain("Bearer", run.Output + run.Error);
                Assert.All(_tokens.TokensGiven, token => Assert.DoesNotContain(token, run.Output + run.Error));
            });
    }

    [Fact]
    public void Bars_AreForTerminals_LinesForTheRest_AndNothingWithQuiet()
    {
        _open.Repository("team/app").AddImage("1", s_large);

        var terminal = Run([], true, "pull", $"{_open.Host}/team/app:1", $"oci:{_directory.File("a")}");
        var plain = Run("pull", $"{_open.Host}/team/app:1", $"oci:{_directory.File("b")}");
        var quiet = Run("pull", $"{_open.Host}/team/app:1", $"oci:{_directory.File("c")}", "-q");

        Assert.Contains(" %", terminal.Error);
        Assert.Contains("\u001b[J", terminal.Error);
        Assert.DoesNotContain('\u001b', plain.Error);
        Assert.Equal(2, plain.Error.Split('\n').Count(line => line.EndsWith("  copied", StringComparison.Ordinal)));
        Assert.Equal("", quiet.Error);
    }

    [Fact]
    public void TheDefaultTarget_IsALayout_CalledAsTheRepository()
    {
        _open.Repository("team/some-app").AddImage("1", s_large);
        var before = Directory.GetCurrentDirectory();

        var run = Run("pull", $"{_open.Host}/team/some-app:1", _directory.File("some-app"));

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.True(File.Exists(_directory.File("some-app/oci-layout")));
        Assert.Equal(before, Directory.GetCurrentDirectory());
    }

    [Fact]
    public async Task WithTls_TheAuthorityIsNamed()
    {
        using var authority = new TestAuthority("registries");
        using var certificate = authority.Issue("localhost");
        await using var server = new TestRegistry(new TestRegistryOptions { Certificate = certificate });
        var digest = server.Repository("team/app").AddImage("1", "x"u8.ToArray());
        File.WriteAllText(_directory.File("ca.pem"), authority.Pem);

        var trusted = CommandLine.Run("image", "inspect", $"{server.Host}/team/app:1", "--ca", _directory.File("ca.pem"));
        var doubted = CommandLine.Run("image", "inspect", $"{server.Host}/team/app:1");

        Assert.Contains(digest, trusted.Output);
        Assert.Equal(ExitCode.Unreachable, doubted.ExitCode);
        Assert.Contains("--ca", doubted.Error);
    }

    [Fact]
    public void WithoutLeave_PlainHttpIsNotSpoken()
    {
        var run = CommandLine.Run("image", "inspect", $"{_open.Host}/team/app:1");

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains($"--plain-http {_open.Host}", run.Error);
        Assert.Empty(_open.Log);
    }

    [Theory]
    [InlineData(ExitCode.Usage, "copy", "Not/A/Reference", "x")]
    [InlineData(ExitCode.Usage, "copy", "HOST/a:1", "HOST/b@sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")]
    [InlineData(ExitCode.Usage, "copy", "HOST/a:1", "HOST/b:1", "--all", "--platform", "linux/arm64")]
    [InlineData(ExitCode.Usage, "copy", "HOST/a:1", "HOST/b:1", "--parallel", "0")]
    [InlineData(ExitCode.Usage, "push", "HOST/a:1", "HOST/b:1")]
    [InlineData(ExitCode.Usage, "push", "oci:a", "oci:b:1")]
    [InlineData(ExitCode.Usage, "pull", "HOST/a:1", "HOST/b:1")]
    [InlineData(ExitCode.Usage, "copy", "HOST/a:1", "docker-archive:a.tar")]
    [InlineData(ExitCode.Usage, "copy", "HOST/a:1", "docker-archive:a.tar:a:1", "--referrers")]
    [InlineData(ExitCode.Usage, "inspect", "dir:foo")]
    [InlineData(ExitCode.Usage, "inspect", "HOST/a:1", "--plain-http", "http://localhost")]
    [InlineData(ExitCode.BadInput, "inspect", "HOST/a:1")]
    [InlineData(ExitCode.BadInput, "inspect", "oci:no-such-directory")]
    [InlineData(ExitCode.BadInput, "inspect", "HOST/a:1", "--authfile", "no-such-file")]
    [InlineData(ExitCode.BadInput, "inspect", "HOST/a:1", "--ca", "no-such-file")]
    public void WhatIsWrong_HasItsCode_AndOneLine(int exitCode, params string[] arguments)
    {
        var run = Run([.. arguments.Select(argument => argument.Replace("HOST", _open.Host))]);

        Assert.Equal(exitCode, run.ExitCode);
        Assert.StartsWith("casemate: ", run.Error);
        Assert.Equal("", run.Output);
    }

    private static (int ExitCode, string Output) Result(CommandLine run) => (run.ExitCode, run.Output);

    private CommandLine Run(params string[] arguments) => Run([], false, arguments);

    private CommandLine Run(Dictionary<string, string> environment, bool terminal, params string[] arguments) => CommandLine.RunWith(
        environment, [], terminal, ["image", .. arguments, "--plain-http", _open.Host, "--plain-http", _tokens.Host]);

    private static byte[] Tar(params (string Name, string Content)[] files)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
            }
        }

        return tar.ToArray();
    }
}
