using System.Text;
using Casemate.Oci;
using Casemate.Oci.Documents;
using Casemate.Oci.Files;
using Casemate.Oci.Layers;
using Casemate.Oci.Layout;
using Casemate.Oci.Tar;
using Casemate.Testing;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>What images consist of: documents and layers, all from strangers.</summary>
public static class OciTargets
{
    private const string Sha = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    private static readonly OciLimits s_limits = new()
    {
        MaxManifestBytes = 1 << 16,
        MaxConfigBytes = 1 << 16,
        MaxLayers = 8,
        MaxIndexEntries = 8,
        MaxUnpackedBytes = 1 << 20,
        MaxLayerEntries = 64,
    };

    private static readonly ImageFileSystemOptions s_filesOptions = new() { KeepContent = false, Limits = s_limits };

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("oci-manifest", Manifest, [
            Bytes($"{{\"schemaVersion\":2,\"mediaType\":\"{MediaTypes.Manifest}\",\"config\":{Descriptor(MediaTypes.Config)},\"layers\":[{Descriptor(MediaTypes.LayerGzip)}],\"annotations\":{{\"a\":\"b\"}}}}"),
            Bytes($"{{\"schemaVersion\":2,\"artifactType\":\"a/b\",\"config\":{Descriptor(MediaTypes.Empty)},\"layers\":null,\"subject\":{Descriptor(MediaTypes.Manifest)}}}")]),
        new("oci-index", Index, [
            Bytes($"{{\"schemaVersion\":2,\"manifests\":[{Descriptor(MediaTypes.Manifest)}]}}"),
            Bytes($"{{\"schemaVersion\":2,\"mediaType\":\"{MediaTypes.DockerManifestList}\",\"manifests\":[{{\"mediaType\":\"{MediaTypes.DockerManifest}\",\"digest\":\"{Sha}\",\"size\":1,\"platform\":{{\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":\"v7\"}}}}]}}")]),
        new("oci-config", Config, [
            Bytes($"{{\"created\":\"2020-01-02T03:04:05.123456789Z\",\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{{\"Env\":[\"A=b\"],\"Labels\":{{\"a\":\"b\"}},\"ExposedPorts\":{{\"1/tcp\":{{}}}},\"X\":[1,2.5e3]}},\"rootfs\":{{\"type\":\"layers\",\"diff_ids\":[\"{Sha}\"]}},\"history\":[{{\"created_by\":\"x\",\"empty_layer\":true}}]}}")]),
        new("docker-manifest", Docker, [
            Bytes("[{\"Config\":\"c.json\",\"RepoTags\":[\"app:1\"],\"Layers\":[\"a/layer.tar\"]},{\"Config\":\"d.json\",\"RepoTags\":null,\"Layers\":[]}]")]),
        new("tar", Tar, [Archive(), LongNames()]),
        new("tar-sums", input => Tar(WithChecksums(input)), [Archive(), LongNames()]),
        new("image-files", input => Files(WithChecksums(input)), [Archive(), LongNames(), Whiteouts()]),
        new("layer", Layer, [Layers(compress: true), Layers(compress: false), StoredZstandard.Of(Layers(compress: false))]),
    ];

    private static bool Manifest(ReadOnlySpan<byte> input)
    {
        if (!ImageManifest.TryRead(input.ToArray(), out var manifest, out var problem, s_limits))
        {
            Require(problem.Length > 0 && manifest is null, "refused without a reason", input);
            return false;
        }

        Require(manifest.Layers.Count <= s_limits.MaxLayers, "more layers than the limit", input);
        var written = manifest.Write();
        Require(
            ImageManifest.TryRead(written, out var again, out _) && again.Write().AsSpan().SequenceEqual(written), "it is written as something else", input);
        Require(!ImageIndex.TryRead(input.ToArray(), out _, out _), "a manifest is an index as well", input);
        return true;
    }

    private static bool Index(ReadOnlySpan<byte> input)
    {
        if (!ImageIndex.TryRead(input.ToArray(), out var index, out var problem, s_limits))
        {
            Require(problem.Length > 0 && index is null, "refused without a reason", input);
            return false;
        }

        Require(index.Manifests.Count <= s_limits.MaxIndexEntries, "more manifests than the limit", input);
        _ = index.Find(Platform.LinuxAmd64);
        var written = index.Write();
        Require(ImageIndex.TryRead(written, out var again, out _) && again.Write().AsSpan().SequenceEqual(written), "it is written as something else", input);
        return true;
    }

    private static bool Config(ReadOnlySpan<byte> input)
    {
        if (!ImageConfig.TryRead(input.ToArray(), out var config, out var problem, s_limits))
        {
            Require(problem.Length > 0 && config is null, "refused without a reason", input);
            return false;
        }

        _ = config.CreatedAt;
        var written = config.Write();
        Require(ImageConfig.TryRead(written, out var again, out _) && again.Write().AsSpan().SequenceEqual(written), "it is written as something else", input);
        return true;
    }

    private static bool Docker(ReadOnlySpan<byte> input)
    {
        if (!DockerArchiveEntry.TryRead(input.ToArray(), out var entries, out var problem, s_limits))
        {
            Require(problem.Length > 0 && entries is null, "refused without a reason", input);
            return false;
        }

        Require(entries.All(entry => entry.Config.Length > 0 && entry.Layers.Count <= s_limits.MaxLayers), "an entry without configuration", input);
        return true;
    }

    // What is accepted is written, read again, and must be the same; in one piece or byte by byte.
    private static bool Tar(ReadOnlySpan<byte> input)
    {
        var (entries, refusal) = ReadTar(new MemoryStream(input.ToArray()));
        var (pieces, refusalOfPieces) = ReadTar(new PieceStream(input.ToArray(), 77));
        Require(refusal == refusalOfPieces && entries.Count == pieces.Count, "pieces are read otherwise than the whole", input);
        if (refusal is not null)
        {
            Require(refusal.Length > 0 && !refusal.Any(char.IsControl), "a refusal that is not fit to be shown", input);
            return false;
        }

        Require(entries.Sum(entry => entry.Entry.Size) <= input.Length, "more content than there are bytes", input);
        foreach (var (entry, content) in entries)
        {
            Require(entry.Path.Length > 0 && !entry.Path.Contains('\0') && entry.Size == content.Length, "an entry that cannot be", input);
            if (entry.ModifiedSeconds is >= 0 and <= 0x1FFFFFFFF && entry.DeviceMajor < 0x200000 && entry.DeviceMinor < 0x200000)
            {
                using var written = new MemoryStream();
                var writer = new TarWriter(written);
                Wait(writer.WriteAsync(entry, new MemoryStream(content), default).AsTask());
                writer.Finish();
                var (again, _) = ReadTar(new MemoryStream(written.ToArray()));
                Require(
                    again is [var (same, bytes)] && bytes.AsSpan().SequenceEqual(content)
                    && same with { ExtendedAttributes = entry.ExtendedAttributes } == entry, "an entry is written as something else", input);
            }
        }

        return true;
    }

    // Twice the same layer, so that whiteouts and links of the second meet the files of the first.
    private static bool Files(ReadOnlySpan<byte> input)
    {
        var layer = new Descriptor(MediaTypes.Layer, Digest.Of(input), input.Length);
        var image = new Image(
            new OneLayer(input.ToArray()), layer, new ImageManifest { Config = layer, Layers = [layer, layer] },
            new ImageConfig { Platform = Platform.LinuxAmd64, DiffIds = [layer.Digest, layer.Digest] }, [], []);
        try
        {
            using var files = ImageFileSystem.OpenAsync(image, s_filesOptions, default).GetAwaiter().GetResult();
            foreach (var entry in files.Entries)
            {
                Require(!entry.Path.Split('/').Any(part => part is "." or "..") && !entry.Name.Contains('/'), "a path that climbs", input);
                Require(ReferenceEquals(files.Find(entry.Path, followLast: false), entry), "an entry is not found by its path", input);
                Require(entry.Kind != TarEntryKind.HardLink && (entry.Kind == TarEntryKind.File) == (entry.ContentDigest is not null), "an entry that cannot be", input);
                Require(!entry.Name.StartsWith(".wh.", StringComparison.Ordinal), "a whiteout is a file", input);
                _ = files.Find(entry.Path);
            }

            return true;
        }
        catch (OciException failure)
        {
            Require(failure.Message.Length > 0 && !failure.Message.Any(char.IsControl), "a refusal that is not fit to be shown", input);
            return false;
        }
    }

    private static bool Layer(ReadOnlySpan<byte> input)
    {
        var bytes = input.ToArray();
        try
        {
            Wait(ReadLayerAsync(bytes));
            return true;
        }
        catch (OciException failure)
        {
            Require(failure.Message.Length > 0 && !failure.Message.Any(char.IsControl), "a refusal that is not fit to be shown", input);
            return false;
        }
    }

    private static async Task ReadLayerAsync(byte[] bytes)
    {
        await using var reader = await LayerReader.OpenAsync(
            new MemoryStream(bytes), Oci.Descriptor.Of(MediaTypes.LayerGzip, bytes), "the layer", s_limits, default);
        while (await reader.NextAsync(default) is not null)
        {
            await reader.Content.CopyToAsync(Stream.Null);
        }

        _ = await reader.FinishAsync(default);
        if (reader.UnpackedBytes > s_limits.MaxUnpackedBytes)
        {
            throw new FuzzFailure("more came out than the limit", bytes);
        }
    }

    private static (List<(TarEntry Entry, byte[] Content)> Entries, string? Refusal) ReadTar(Stream archive)
    {
        var entries = new List<(TarEntry, byte[])>();
        try
        {
            var reader = new TarReader(archive, "the archive", s_limits);
            while (reader.NextAsync(default).AsTask().GetAwaiter().GetResult() is { } entry)
            {
                using var content = new MemoryStream();
                reader.Content.CopyTo(content);
                entries.Add((entry, content.ToArray()));
            }

            return (entries, null);
        }
        catch (OciException failure)
        {
            return (entries, failure.Message);
        }
    }

    private static void Wait(Task task) => task.GetAwaiter().GetResult();

    private static string Descriptor(string mediaType) => $"{{\"mediaType\":\"{mediaType}\",\"digest\":\"{Sha}\",\"size\":7}}";

    // Nearly every change of a header is found by its checksum. With the checksums put right, what is behind them is tried.
    internal static byte[] WithChecksums(ReadOnlySpan<byte> input)
    {
        var archive = input.ToArray();
        for (var block = 0; block + 512 <= archive.Length; block += 512)
        {
            var header = archive.AsSpan(block, 512);
            if (header[257..262].SequenceEqual("ustar"u8))
            {
                header.Slice(148, 8).Fill((byte)' ');
                var sum = 0;
                foreach (var b in header)
                {
                    sum += b;
                }

                Bytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[148..]);
            }
        }

        return archive;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Archive() => Write(
        (new TarEntry("a", TarEntryKind.File) { Size = 5 }, "hello"), (new TarEntry("d", TarEntryKind.Directory), ""),
        (new TarEntry("d/l", TarEntryKind.SymbolicLink) { LinkTarget = "../a" }, ""), (new TarEntry("d/h", TarEntryKind.HardLink) { LinkTarget = "a" }, ""));

    private static byte[] Whiteouts() => Write(
        (new TarEntry("d/a", TarEntryKind.File) { Size = 1 }, "x"), (new TarEntry("d/.wh.a", TarEntryKind.File), ""),
        (new TarEntry("l", TarEntryKind.SymbolicLink) { LinkTarget = "../d" }, ""), (new TarEntry("l/h", TarEntryKind.HardLink) { LinkTarget = "d/a" }, ""),
        (new TarEntry("e/.wh..wh..opq", TarEntryKind.File), ""));

    private static byte[] LongNames() => Write(
        (new TarEntry(new string('n', 150), TarEntryKind.File)
        {
            Size = 1,
            UserId = 3_000_000,
            ExtendedAttributes = new Dictionary<string, ReadOnlyMemory<byte>> { ["user.a"] = new byte[] { 0, 10 } },
        }, "x"),
        (new TarEntry("null", TarEntryKind.CharacterDevice) { DeviceMajor = 1, DeviceMinor = 3 }, ""));

    private static byte[] Write(params (TarEntry Entry, string Content)[] entries)
    {
        using var archive = new MemoryStream();
        var writer = new TarWriter(archive);
        foreach (var (entry, content) in entries)
        {
            Wait(writer.WriteAsync(entry, new MemoryStream(Bytes(content)), default).AsTask());
        }

        writer.Finish();
        return archive.ToArray();
    }

    private static byte[] Layers(bool compress)
    {
        using var output = new MemoryStream();
        var files = new[] { LayerFile.File("etc/x", ContentSource.FromBytes(Bytes("hello"))), LayerFile.SymbolicLink("l", "etc/x") };
        Wait(LayerBuilder.WriteAsync(files, output, new LayerOptions { Compress = compress }, default));
        return output.ToArray();
    }

    private sealed class OneLayer(byte[] layer) : IImageSource
    {
        public string Name => "the image";

        public Task<Descriptor> ResolveAsync(string? tagOrDigest, CancellationToken cancel) => throw new NotSupportedException();

        public Task<Stream> OpenAsync(Descriptor descriptor, CancellationToken cancel) => Task.FromResult<Stream>(new MemoryStream(layer));

        public Task<IReadOnlyList<Descriptor>> ReferrersAsync(Digest subject, string? artifactType, CancellationToken cancel) =>
            Task.FromResult<IReadOnlyList<Descriptor>>([]);
    }

    // Not seekable, so that contents are passed by reading them.
    internal sealed class PieceStream(byte[] content, int piece) : MemoryStream(content, writable: false)
    {
        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, piece)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, piece));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));
    }
}
