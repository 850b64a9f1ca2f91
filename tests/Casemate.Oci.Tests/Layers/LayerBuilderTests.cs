using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Casemate.Oci.Layers;
using Casemate.Oci.Tar;
using Casemate.Testing;

namespace Casemate.Oci.Tests.Layers;

/// <summary>Layers: the same bytes for the same files, on every machine, and an archive that others read.</summary>
public sealed class LayerBuilderTests
{
    private static readonly LayerFile[] s_files =
    [
        LayerFile.File("usr/bin/app", Content("program"), 0x1ED),
        LayerFile.SymbolicLink("bin", "usr/bin"),
        LayerFile.File("etc/é/config", Content("x=1\n")),
        LayerFile.File("a-b", Content("1")),
        LayerFile.File("a/b", Content("2")),
        LayerFile.HardLink("a/link", "etc/é/config"),
        LayerFile.File("opt/" + new string('n', 200) + "/" + new string('m', 120), Content("long")) with { UserId = 65532, GroupId = 65532 },
        LayerFile.Whiteout("var/old"),
        LayerFile.File("cap", Content("")) with { ExtendedAttributes = new Dictionary<string, ReadOnlyMemory<byte>> { ["user.k"] = new byte[] { 0, 10, 255 } } },
    ];

    [Fact]
    public async Task TheBytes_AreTheOnesThatWereWrittenBefore()
    {
        // Another compressor, or another processor, must not change them: images that were signed would have other digests.
        var text = string.Concat(Enumerable.Range(0, 60_000).Select(i => $"{i * i % 7919} "));
        var (_, layer) = await BuildAsync([.. s_files, LayerFile.File("long", Content(text))]);

        Assert.True(layer.DiffId.Text == "sha256:ddbc313692721ba3fcd4a5d05ab04cff1a27b9f392e0b0410e6b147e94ba3912", layer.DiffId.Text);
        Assert.True(layer.Descriptor.Digest.Text == "sha256:02430480f588f84ad054dee36a3ba970c09afbed7a0cf9ab31258a47b3a4bc37", layer.Descriptor.Digest.Text);
    }

    [Fact]
    public async Task TheOrder_InWhichFilesAreNamed_DoesNotMatter()
    {
        var (bytes, _) = await BuildAsync(s_files);
        var (again, _) = await BuildAsync(s_files.Reverse());

        Assert.Equal(bytes, again);
    }

    [Fact]
    public async Task DirectoryUmaskAndPieces_DoNotMatter()
    {
        var content = Enumerable.Range(0, 300_000).Select(i => (byte)(i * i >> 7)).ToArray();
        using var one = new TemporaryDirectory();
        using var two = new TemporaryDirectory();
        var (a, b) = (Path.Combine(one.Path, "file"), Path.Combine(two.Path, "another"));
        File.WriteAllBytes(a, content);
        File.WriteAllBytes(b, content);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(b, UnixFileMode.UserRead | UnixFileMode.OtherExecute);
        }

        File.SetLastWriteTimeUtc(b, DateTime.UnixEpoch);

        var (first, _) = await BuildAsync([LayerFile.File("f", ContentSource.FromFile(a))]);
        var (second, _) = await BuildAsync([LayerFile.File("f", ContentSource.FromFile(b))]);
        var (third, _) = await BuildAsync([LayerFile.File("f", new ContentSource(
            content.Length, _ => Task.FromResult<Stream>(new DripStream(content))))]);

        Assert.Equal(first, second);
        Assert.Equal(first, third);
    }

    [Fact]
    public async Task DigestAndDiffId_AreThoseOfTheBytes()
    {
        var (bytes, layer) = await BuildAsync(s_files);
        var plain = Unzip(bytes);

        Assert.Equal(Digest.Of(bytes), layer.Descriptor.Digest);
        Assert.Equal(bytes.Length, layer.Descriptor.Size);
        Assert.Equal(MediaTypes.LayerGzip, layer.Descriptor.MediaType);
        Assert.Equal(Digest.Of(plain), layer.DiffId);
        Assert.Equal(plain.Length, layer.UnpackedSize);

        var (uncompressed, plainLayer) = await BuildAsync(s_files, new LayerOptions { Compress = false });
        Assert.Equal(plain, uncompressed);
        Assert.Equal(plainLayer.DiffId, plainLayer.Descriptor.Digest);
        Assert.Equal(layer.DiffId, plainLayer.DiffId);
    }

    [Fact]
    public async Task TheGzipHeader_HasNoName_NoTime_AndNoSystem()
    {
        var (bytes, _) = await BuildAsync(s_files);

        Assert.Equal("1F8B080000000000", Convert.ToHexString(bytes[..8]));
        Assert.Equal(255, bytes[9]);
    }

    [Fact]
    public async Task Entries_AreSortedByBytes_ParentsFirst_LinksBehindTheirFile()
    {
        var (bytes, _) = await BuildAsync(s_files);
        var paths = new List<string>();
        var reader = new TarReader(new MemoryStream(Unzip(bytes)), "layer");
        while (await reader.NextAsync(default) is { } entry)
        {
            paths.Add(entry.Kind == TarEntryKind.HardLink ? $"{entry.Path} -> {entry.LinkTarget}" : entry.Path);
            Assert.Equal(0, entry.ModifiedSeconds);
        }

        Assert.Equal(
            ["a", "a-b", "a/b", "a/link", "bin", "cap", "etc", "etc/é", "etc/é/config -> a/link", "opt", "opt/" + new string('n', 200),
             "opt/" + new string('n', 200) + "/" + new string('m', 120), "usr", "usr/bin", "usr/bin/app", "var", "var/.wh.old"], paths);
    }

    [Fact]
    public async Task SourceDateEpoch_IsEveryEntrysTime()
    {
        var (bytes, _) = await BuildAsync([LayerFile.File("d/f", Content("1"))], new LayerOptions { ModifiedSeconds = 1_700_000_000, Compress = false });
        var reader = new TarReader(new MemoryStream(bytes), "layer");
        while (await reader.NextAsync(default) is { } entry)
        {
            Assert.Equal(1_700_000_000, entry.ModifiedSeconds);
        }
    }

    public static TheoryData<string, LayerFile[]> Impossible => new()
    {
        { "climbs", [LayerFile.File("a/../b", Content(""))] },
        { "empty component", [LayerFile.File("a//b", Content(""))] },
        { "the root", [LayerFile.Directory("/")] },
        { "zero byte", [LayerFile.File("a\0", Content(""))] },
        { "twice", [LayerFile.File("a", Content("")), LayerFile.File("/a", Content(""))] },
        { "below a file", [LayerFile.File("a", Content("")), LayerFile.File("a/b", Content(""))] },
        { "below a link", [LayerFile.SymbolicLink("a", "/"), LayerFile.File("a/b", Content(""))] },
        { "hard link to nothing", [LayerFile.HardLink("a", "b")] },
        { "hard link to a directory", [LayerFile.Directory("b"), LayerFile.HardLink("a", "b")] },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public async Task Refuses_WhatCannotBeInALayer(string what, LayerFile[] files)
    {
        Assert.NotEmpty(what);
        await Assert.ThrowsAsync<ArgumentException>(() => BuildAsync(files));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public async Task Refuses_AFileThatChangesItsSize(long promised)
    {
        var source = new ContentSource(promised, _ => Task.FromResult<Stream>(new MemoryStream([1, 2, 3, 4])));

        var failure = await Assert.ThrowsAsync<OciException>(() => BuildAsync([LayerFile.File("f", source)]));

        Assert.Equal(OciError.Storage, failure.Error);
        Assert.Contains("'f'", failure.Message);
    }

    [Fact]
    public async Task WhatIsBuilt_ReadsBackTheSame()
    {
        var random = new Random(42);
        string[] names = ["a", "b", "é", "file name", "x\ny", "𝔘\uFFFD", new('q', 120), ".hidden", "UPPER"];
        for (var round = 0; round < 200; round++)
        {
            var files = Enumerable.Range(0, random.Next(12)).Select(_ =>
            {
                var content = new byte[random.Next(1600)];
                random.NextBytes(content);
                var path = string.Join('/', Enumerable.Range(0, random.Next(1, 5)).Select(_ => "d" + names[random.Next(names.Length)])) + "/leaf";
                return LayerFile.File(path, ContentSource.FromBytes(content), random.Next(0x1000)) with { UserId = random.NextInt64(uint.MaxValue) };
            }).DistinctBy(file => file.Path).ToList();

            var (bytes, layer) = await BuildAsync(files);
            var read = await ReadAsync(bytes, layer);

            Assert.Equal(files.Count, read.Count);
            foreach (var file in files)
            {
                var (entry, content) = read[file.Path];
                Assert.Equal((file.Mode, file.UserId), (entry.Mode, entry.UserId));
                Assert.Equal(ReadAll(file.Content), content);
            }
        }
    }

    [Fact]
    public async Task Python_ReadsTheSame()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "layer.tar.gz");
        var (bytes, layer) = await BuildAsync(s_files);
        File.WriteAllBytes(path, bytes);
        const string Program = """
            import gzip, hashlib, sys, tarfile
            data = gzip.open(sys.argv[1]).read()
            print(hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest(), hashlib.sha256(data).hexdigest())
            for m in tarfile.open(sys.argv[1]):
                content = tarfile.open(sys.argv[1]).extractfile(m).read().decode() if m.isfile() or m.islnk() else ''
                print(m.name[:20], m.type.decode(), oct(m.mode), m.uid, m.gid, m.mtime, m.size, m.linkname, repr(content), repr(m.uname))
            """;

        var python = await ChildProgram.RunAsync("python3", ["-c", Program, path]);

        Assert.Equal("", python.Error);
        var lines = python.Output.TrimEnd().Split('\n');
        Assert.Equal($"{layer.Descriptor.Digest.Hex} {layer.DiffId.Hex}", lines[0]);
        Assert.Contains("a 5 0o755 0 0 0 0  '' ''", lines);
        Assert.Contains("a/link 0 0o644 0 0 0 4  'x=1\\n' ''", lines);
        Assert.Contains("etc/é/config 1 0o644 0 0 0 0 a/link 'x=1\\n' ''", lines);
        Assert.Contains("bin 2 0o777 0 0 0 0 usr/bin '' ''", lines);
        Assert.Contains("opt/nnnnnnnnnnnnnnnn 0 0o644 65532 65532 0 4  'long' ''", lines);
        Assert.Equal(17 + 1, lines.Length);
    }

    internal static ContentSource Content(string text) => ContentSource.FromBytes(Encoding.UTF8.GetBytes(text));

    internal static async Task<(byte[] Bytes, BuiltLayer Layer)> BuildAsync(IEnumerable<LayerFile> files, LayerOptions? options = null)
    {
        using var output = new MemoryStream();
        var layer = await LayerBuilder.WriteAsync(files, output, options, default);
        return (output.ToArray(), layer);
    }

    private static async Task<Dictionary<string, (TarEntry Entry, byte[] Content)>> ReadAsync(byte[] bytes, BuiltLayer layer)
    {
        await using var reader = await LayerReader.OpenAsync(new MemoryStream(bytes), layer.Descriptor, "layer", null, default);
        var files = new Dictionary<string, (TarEntry, byte[])>();
        while (await reader.NextAsync(default) is { } entry)
        {
            using var content = new MemoryStream();
            await reader.Content.CopyToAsync(content);
            if (entry.Kind == TarEntryKind.File)
            {
                files.Add(entry.Path, (entry, content.ToArray()));
            }
        }

        await reader.FinishAsync(layer.DiffId, default);
        return files;
    }

    private static byte[] ReadAll(ContentSource source)
    {
        using var stream = source.OpenAsync(default).GetAwaiter().GetResult();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static byte[] Unzip(byte[] bytes)
    {
        using var plain = new MemoryStream();
        using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        gzip.CopyTo(plain);
        return plain.ToArray();
    }

    private sealed class DripStream(byte[] content) : MemoryStream(content, writable: false)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 777)]);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));
    }
}
