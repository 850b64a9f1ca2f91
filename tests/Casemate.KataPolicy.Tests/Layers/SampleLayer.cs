using System.IO.Compression;
using System.Text;
using Casemate.Oci;
using Casemate.Oci.Tar;
using Casemate.Testing;

namespace Casemate.KataPolicy.Tests.Layers;

/// <summary>A layer made entry by entry, with what a test needs to read it: an image source that holds it alone.</summary>
internal sealed class SampleLayer : IImageSource
{
    private readonly MemoryStream _tar = new();
    private readonly TarWriter _writer;
    private byte[] _stored = [];

    public SampleLayer() => _writer = new TarWriter(_tar);

    public string Name => "sample";

    public Digest DiffId { get; private set; } = Digest.Of([]);

    public Descriptor Descriptor { get; private set; } = Descriptor.Of(MediaTypes.Layer, []);

    /// <summary>The plain archive.</summary>
    public byte[] Tar => _tar.ToArray();

    /// <summary>How often the layer was opened.</summary>
    public int Opened { get; private set; }

    public SampleLayer Directory(string path, int mode = 0x1ED, int user = 0, long time = 1) =>
        Add(new TarEntry(path, TarEntryKind.Directory) { Mode = mode, UserId = user, ModifiedSeconds = time });

    public SampleLayer File(string path, string content, int mode = 0x1A4, int user = 0, int group = 0, long time = 1) =>
        File(path, Encoding.UTF8.GetBytes(content), mode, user, group, time);

    public SampleLayer File(string path, byte[] content, int mode = 0x1A4, int user = 0, int group = 0, long time = 1) => Add(
        new TarEntry(path, TarEntryKind.File) { Mode = mode, UserId = user, GroupId = group, Size = content.Length, ModifiedSeconds = time }, content);

    public SampleLayer Link(string path, string target, TarEntryKind kind = TarEntryKind.SymbolicLink) =>
        Add(new TarEntry(path, kind) { LinkTarget = target });

    public SampleLayer Device(string path, int major, int minor, TarEntryKind kind = TarEntryKind.CharacterDevice) =>
        Add(new TarEntry(path, kind) { DeviceMajor = major, DeviceMinor = minor });

    public SampleLayer Add(TarEntry entry, byte[]? content = null)
    {
        var written = _writer.WriteAsync(entry, content is null ? null : new MemoryStream(content), CancellationToken.None);
        Assert.True(written.IsCompletedSuccessfully);
        return this;
    }

    /// <summary>Bytes of the archive as they are, for what the writer would not write.</summary>
    public SampleLayer Raw(ReadOnlySpan<byte> bytes)
    {
        _tar.Write(bytes);
        return this;
    }

    /// <summary>Ends the archive.</summary>
    /// <param name="compress">True to store it with gzip.</param>
    /// <param name="endBytes">How many zeros stand at its end.</param>
    /// <param name="zstandard">True to store it in a frame of Zstandard.</param>
    public SampleLayer Complete(bool compress = false, int endBytes = 1024, bool zstandard = false)
    {
        _tar.Write(new byte[endBytes]);
        DiffId = Digest.Of(Tar);
        _stored = Tar;
        if (compress)
        {
            var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                gzip.Write(_stored);
            }

            _stored = packed.ToArray();
        }

        _stored = zstandard ? StoredZstandard.Of(_stored) : _stored;
        Descriptor = Descriptor.Of((compress, zstandard) switch
        {
            (true, _) => MediaTypes.LayerGzip,
            (_, true) => MediaTypes.LayerZstd,
            _ => MediaTypes.Layer,
        }, _stored);
        return this;
    }

    public Task<Descriptor> ResolveAsync(string? tagOrDigest, CancellationToken cancel) => Task.FromResult(Descriptor);

    public Task<Stream> OpenAsync(Descriptor descriptor, CancellationToken cancel)
    {
        Opened++;
        return Task.FromResult<Stream>(new MemoryStream(_stored));
    }

    public Task<IReadOnlyList<Descriptor>> ReferrersAsync(Digest subject, string? artifactType, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<Descriptor>>([]);
}
