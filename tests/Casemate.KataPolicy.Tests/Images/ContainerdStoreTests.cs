using System.Text;
using Casemate.KataPolicy.Images;
using Casemate.KataPolicy.Images.Containerd;
using Casemate.Oci;
using Casemate.Oci.Documents;

namespace Casemate.KataPolicy.Tests.Images;

/// <summary>Images that containerd holds on the machine.</summary>
public sealed class ContainerdStoreTests : IDisposable
{
    private const string Reference = "registry.example/app:1";

    private readonly string _root = Directory.CreateTempSubdirectory("casemate-containerd-").FullName;

    private string Database => Path.Combine(_root, "io.containerd.metadata.v1.bolt", "meta.db");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    // A layout's contents, put where containerd has them, and a database that names the image among others.
    private async Task<Descriptor> MakeAsync(int others)
    {
        var layout = Path.Combine(_root, "layout");
        var manifest = await SampleImage.WriteAsync(
            layout, "1", new ContainerConfig { User = "7", Cmd = ["run"] }, [SampleImage.File("etc/passwd", "u:x:7:8\n")]);
        _ = Directory.CreateDirectory(Path.Combine(_root, "io.containerd.content.v1.content"));
        Directory.Move(Path.Combine(layout, "blobs"), Path.Combine(_root, "io.containerd.content.v1.content", "blobs"));
        var images = new SortedDictionary<string,
        object>(StringComparer.Ordinal)
        { [Reference] = Entry(manifest.Digest.Text, manifest.MediaType) };
        for (var i = 0; i < others; i++)
        {
            images[$"registry.example/other{i:d3}:1"] = Entry(Digest.Of(Encoding.UTF8.GetBytes($"{i}")).Text, MediaTypes.Index);
        }

        _ = Directory.CreateDirectory(Path.GetDirectoryName(Database)!);
        await File.WriteAllBytesAsync(
            Database, BoltWriter.Write(Bucket(("v1", Bucket(("k8s.io", Bucket(("images", images))))))),
            TestContext.Current.CancellationToken);
        return manifest;
    }

    private static SortedDictionary<string, object> Entry(string digest, string mediaType) => Bucket(
        ("createdat", new byte[15]),
        ("target",
            Bucket(("digest", Encoding.UTF8.GetBytes(digest)), ("mediatype", Encoding.UTF8.GetBytes(mediaType)),
            ("size", new byte[] { 1 }))));

    private static SortedDictionary<string, object> Bucket(params (string Name, object Value)[] entries) =>
        new(entries.ToDictionary(entry => entry.Name, entry => entry.Value), StringComparer.Ordinal);

    private ImageResolver Resolver() => new(new ImageResolverOptions { ContainerdRoot = _root });

    [Fact]
    public async Task SaysThatThereIsNoDatabase_AndWhichDirectoryIsMeant()
    {
        var failure = await Assert.ThrowsAsync<OciException>(
            () => Resolver().FindAsync(Reference, ImageForm.GuestPull, TestContext.Current.CancellationToken));

        Assert.Equal($"{Database} cannot be read: no such file", failure.Message);
        Assert.Contains("in which containerd keeps its files", failure.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(300)]
    public async Task GivesTheImageOfAName_AmongHoweverMany(int others)
    {
        var manifest = await MakeAsync(others);

        var facts = await Resolver().FindAsync(Reference, ImageForm.GuestPull, TestContext.Current.CancellationToken);

        Assert.Equal(manifest.Digest, facts.ManifestDigest);
        Assert.Equal("7", facts.Start.User);
        Assert.Equal(8u, Assert.Single(facts.Start.Users).Gid);
    }

    [Fact]
    public async Task IsAPlaceOfASingleImage()
    {
        _ = await MakeAsync(3);
        var resolver = new ImageResolver(
            new ImageResolverOptions { Locations = new Dictionary<string, string> { [Reference] = $"containerd:{_root}" } });

        Assert.Equal(["run"], (await resolver.FindAsync(Reference, null, TestContext.Current.CancellationToken)).Start.Cmd);
    }

    [Fact]
    public async Task SaysHowToPull_WhatItDoesNotHold()
    {
        _ = await MakeAsync(30);

        var failure = await Assert.ThrowsAsync<OciException>(
            () => Resolver().FindAsync("registry.example/none", null, TestContext.Current.CancellationToken));

        Assert.Equal(OciError.NotFound, failure.Error);
        Assert.Contains("images pull registry.example/none:latest", failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RefusesContentThatWasChanged()
    {
        var manifest = await MakeAsync(3);
        var path = Path.Combine(_root, "io.containerd.content.v1.content", "blobs", "sha256", manifest.Digest.Hex);
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        bytes[^2] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);

        Assert.Equal(
            OciError.DigestMismatch,
            (await Assert.ThrowsAsync<OciException>(
            () => Resolver().FindAsync(Reference, null, TestContext.Current.CancellationToken))).Error);
    }

    [Fact]
    public async Task ReadsAnyDamagedDatabase_WithoutHarm()
    {
        _ = await MakeAsync(60);
        var whole = await File.ReadAllBytesAsync(Database, TestContext.Current.CancellationToken);
        var random = new Random(5);
        var refused = 0;
        for (var i = 0; i < 300; i++)
        {
            var bytes = whole.ToArray();
            for (var change = 0; change < 4; change++)
            {
                bytes[random.Next(8192, bytes.Length)] = (byte)random.Next(256);
            }

            await File.WriteAllBytesAsync(
                Database, i % 5 == 0 ? bytes[..random.Next(bytes.Length)] : bytes, TestContext.Current.CancellationToken);
            try
            {
                _ = await new ContainerdStore(_root).ResolveAsync(Reference, TestContext.Current.CancellationToken);
            }
            catch (OciException)
            {
                refused++;
            }
        }

        Assert.True(refused > 20, $"{refused} refused");
    }

    [Fact]
    public async Task SaysThatItsDirectoryIsNotThere() =>
        Assert.Equal(
            OciError.Storage,
            (await Assert.ThrowsAsync<OciException>(
            () => Resolver().FindAsync(Reference, null, TestContext.Current.CancellationToken))).Error);
}
