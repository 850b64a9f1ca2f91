using System.Text;
using System.Text.Json;
using Casemate.Oci.Layout;
using Casemate.Oci.Tests.Tar;
using Casemate.Testing;

namespace Casemate.Oci.Tests.Layout;

/// <summary>Images in one file: a layout in a tar archive, and the form of docker save.</summary>
public sealed class ArchiveTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("oci-archive", "v1")]
    [InlineData("docker-archive", "example.com/app:v1")]
    public async Task WhatIsWritten_IsReadBack_AndTheSameBytesEachTime(string transport, string tag)
    {
        var (one, two) = (Path.Combine(_directory.Path, "one.tar"), Path.Combine(Directory.CreateDirectory(Path.Combine(_directory.Path, "d")).FullName, "two"));
        foreach (var path in (string[])[one, two])
        {
            await WriteAsync($"{transport}:{path}", tag);
        }

        Assert.Equal(File.ReadAllBytes(one), File.ReadAllBytes(two));
        Assert.Equal(["one.tar"], Directory.GetFiles(_directory.Path).Select(Path.GetFileName));
        Assert.Equal(["two"], Directory.GetFileSystemEntries(Path.GetDirectoryName(two)!).Select(Path.GetFileName));

        foreach (var text in (string[])[$"{transport}:{one}:{tag}", $"{transport}:{one}", $"{one}:{tag}", one])
        {
            var location = ImageLocation.Parse(text);
            var source = await location.OpenSourceAsync(null, null, default);
            Assert.Equal("65532", (await SampleImage.ReadAsync(source, location.TagOrDigest)).Config.Config.User);
            (source as IDisposable)?.Dispose();
        }
    }

    [Theory]
    [InlineData("oci-archive")]
    [InlineData("docker-archive")]
    public async Task AnImageWithoutAName_IsThere(string transport)
    {
        var path = Path.Combine(_directory.Path, "a.tar");
        await WriteAsync($"{transport}:{path}", null);

        var source = await ImageLocation.Parse($"{transport}:{path}").OpenSourceAsync(null, null, default);

        Assert.Equal("65532", (await SampleImage.ReadAsync(source, null)).Config.Config.User);
    }

    [Theory]
    [InlineData("oci-archive")]
    [InlineData("docker-archive")]
    public async Task WithoutCompleting_NothingIsLeft(string transport)
    {
        var path = Path.Combine(_directory.Path, "a.tar");
        var target = ImageLocation.Parse($"{transport}:{path}").OpenTarget(null, null);
        await SampleImage.WriteAsync(target, "app:1");
        await ((IAsyncDisposable)target).DisposeAsync();

        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task TheDockerForm_IsWhatLoadersExpect()
    {
        var path = Path.Combine(_directory.Path, "a.tar");
        await WriteAsync($"docker-archive:{path}", "app");
        const string Program = """
            import hashlib, json, sys, tarfile
            t = tarfile.open(sys.argv[1])
            m = json.load(t.extractfile('manifest.json'))
            config = t.extractfile(m[0]['Config']).read()
            assert hashlib.sha256(config).hexdigest() + '.json' == m[0]['Config']
            layers = [hashlib.sha256(t.extractfile(l).read()).hexdigest() for l in m[0]['Layers']]
            assert ['sha256:' + l for l in layers] == json.loads(config)['rootfs']['diff_ids']
            print(m[0]['RepoTags'], json.load(t.extractfile('repositories'))['docker.io/library/app']['latest'] == layers[-1])
            """;

        var python = await ChildProgram.RunAsync("python3", ["-c", Program, path]);

        Assert.Equal("", python.Error);
        Assert.Equal("['docker.io/library/app:latest'] True\n", python.Output);
        using var archive = await DockerArchive.OpenAsync(path, null, default);
        Assert.Equal(await archive.ResolveAsync(null, default), await archive.ResolveAsync("docker.io/library/app:latest", default));
        Assert.Equal(OciError.NotFound, (await Assert.ThrowsAsync<OciException>(() => archive.ResolveAsync("app:2", default))).Error);
    }

    [Fact]
    public async Task Skopeo_ReadsBothForms()
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/skopeo"), "skopeo is not installed");
        foreach (var (transport, tag) in ((string, string)[])[("oci-archive", "v1"), ("docker-archive", "example.com/app:v1")])
        {
            var path = Path.Combine(_directory.Path, transport);
            await WriteAsync($"{transport}:{path}", tag);
            var inspected = await ChildProgram.RunAsync("skopeo", ["inspect", "--config", $"{transport}:{path}:{tag}"]);
            Assert.Equal("", inspected.Error);
            using var config = JsonDocument.Parse(inspected.Output);
            Assert.Equal("65532", config.RootElement.GetProperty("config").GetProperty("User").GetString());
            var copied = await ChildProgram.RunAsync("skopeo", ["--insecure-policy", "copy", "-q", $"{transport}:{path}:{tag}", $"dir:{path}.dir"]);
            Assert.Equal("", copied.Error);
        }
    }

    public static TheoryData<string, byte[], OciError> Hostile => new()
    {
        { "docker-archive", "nothing of the kind"u8.ToArray(), OciError.MalformedLayer },
        { "docker-archive", [0x1F, 0x8B, 8, 0], OciError.Unsupported },
        { "docker-archive", new RawTar().File("x", "y").End(), OciError.NotFound },
        { "docker-archive", new RawTar().File("manifest.json", "[]").File("manifest.json", "[]").End(), OciError.MalformedDocument },
        { "docker-archive", new RawTar().File("manifest.json", "{}").End(), OciError.MalformedDocument },
        { "docker-archive", Docker("[{\"Config\":\"../../../../etc/passwd\",\"Layers\":[]}]"), OciError.NotFound },
        { "docker-archive", Docker("[{\"Config\":\"c.json\",\"Layers\":[\"l\",\"l\"]}]"), OciError.MalformedDocument },
        { "docker-archive", Docker("[{\"Config\":\"c.json\",\"config\":\"d.json\",\"Layers\":[\"l\"]}]"), OciError.MalformedDocument },
        { "docker-archive", Docker("[{\"Config\":\"loop\",\"Layers\":[\"l\"]}]"), OciError.NotFound },
        { "oci-archive", new RawTar().File("index.json", "{}").End(), OciError.NotFound },
        { "oci-archive", new RawTar().File("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}").File("index.json", "{").End(), OciError.MalformedDocument },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task Refuses_(string transport, byte[] archive, OciError error)
    {
        var path = Path.Combine(_directory.Path, "a.tar");
        File.WriteAllBytes(path, archive);

        var failure = await Assert.ThrowsAsync<OciException>(async () =>
        {
            var source = await ImageLocation.Parse($"{transport}:{path}").OpenSourceAsync(null, null, default);
            await SampleImage.ReadAsync(source, null);
        });

        Assert.True(failure.Error == error, failure.Message);
    }

    [Fact]
    public async Task ALayerThatIsNotThePromisedOne_IsFoundWhenItIsRead()
    {
        var path = Path.Combine(_directory.Path, "a.tar");
        File.WriteAllBytes(path, Docker("[{\"Config\":\"c.json\",\"Layers\":[\"l\"]}]"));
        using var archive = await DockerArchive.OpenAsync(path, null, default);

        Assert.Equal(OciError.DigestMismatch, (await Assert.ThrowsAsync<OciException>(() => SampleImage.ReadAsync(archive, null))).Error);
    }

    [Theory]
    [InlineData("oci:dir", ImageTransport.OciLayout, "dir", null, "latest")]
    [InlineData("oci:dir:v1", ImageTransport.OciLayout, "dir", "v1", "v1")]
    [InlineData("oci-archive:f.tar:v1", ImageTransport.OciArchive, "f.tar", "v1", "v1")]
    [InlineData("docker-archive:f.tar:a/b:v1", ImageTransport.DockerArchive, "f.tar", "a/b:v1", "a/b:v1")]
    [InlineData("docker-archive:f.tar", ImageTransport.DockerArchive, "f.tar", null, null)]
    [InlineData("docker://debian:12", ImageTransport.Registry, "", "12", "12")]
    [InlineData("debian", ImageTransport.Registry, "", "latest", "latest")]
    [InlineData("registry.example:5000/app:1", ImageTransport.Registry, "", "1", "1")]
    [InlineData("./new.tar:v1", ImageTransport.OciArchive, "./new.tar", "v1", "v1")]
    [InlineData("./new", ImageTransport.OciLayout, "./new", null, "latest")]
    public void ALocation_SaysWhatItIs(string text, ImageTransport transport, string path, string? named, string? tag)
    {
        var location = ImageLocation.Parse(text);

        Assert.Equal((transport, path, named, tag), (location.Transport, location.Path, location.TagOrDigest, location.Tag));
        Assert.Equal(location, ImageLocation.Parse(location.ToString()));
    }

    [Theory]
    [InlineData("oci:")]
    [InlineData("oci::v1")]
    [InlineData("oci:dir:")]
    [InlineData("docker://")]
    [InlineData("Not A Name")]
    public void Refuses_ALocationThatIsNone(string text) =>
        Assert.Equal(OciError.InvalidReference, Assert.Throws<OciException>(() => ImageLocation.Parse(text)).Error);

    [Theory]
    [InlineData("dir:foo", "'dir:'")]
    [InlineData("containers-storage:foo:1", "'containers-storage:'")]
    [InlineData("docker-daemon:foo", "'docker-daemon:'")]
    [InlineData("ostree:foo", "'ostree:'")]
    [InlineData("sif:foo", "'sif:'")]
    public void Refuses_PlacesOfOtherTools_ByName(string text, string named)
    {
        var failure = Assert.Throws<OciException>(() => ImageLocation.Parse(text));

        Assert.Equal(OciError.InvalidReference, failure.Error);
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutRegistries_ARegistryIsNotReached() =>
        Assert.Equal(OciError.Unsupported, (await Assert.ThrowsAsync<OciException>(() => ImageLocation.Parse("debian").OpenSourceAsync(null, null, default))).Error);

    private static byte[] Docker(string manifest) => new RawTar()
        .File("manifest.json", manifest).File("c.json", $"{{\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{{\"type\":\"layers\",\"diff_ids\":[\"{Digest.Of("other"u8)}\"]}}}}")
        .File("l", "layer").Header("loop", '2', link: "loop2").Header("loop2", '2', link: "loop").End();

    private static async Task WriteAsync(string location, string? tag)
    {
        var target = ImageLocation.Parse(location).OpenTarget(null, null);
        await SampleImage.WriteAsync(target, tag);
        await target.CompleteAsync(default);
        await ((IAsyncDisposable)target).DisposeAsync();
    }
}
