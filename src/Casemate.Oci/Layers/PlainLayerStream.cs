using System.IO.Compression;
using System.Security.Cryptography;
using Casemate.Oci.Streams;

namespace Casemate.Oci.Layers;

/// <summary>A layer's plain tar archive, whatever its compression; bounded in bytes and in how much it grows, and digested on its way.</summary>
internal sealed class PlainLayerStream : ReadOnlyStream
{
    // Every layer may grow by this much without looking at the ratio: the blocks of zeros at an archive's end compress far better.
    private const long FreeBytes = 1 << 20;
    private const int MagicBytes = 4;

    private readonly string _name;
    private readonly OciLimits _limits;
    private readonly CountingStream _stored;
    private readonly Stream _plain;
    private readonly Stream? _copy;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private PlainLayerStream(CountingStream stored, bool gzip, string name, OciLimits limits, Stream? copy)
    {
        (_stored, _name, _limits, _copy) = (stored, name, limits, copy);
        _plain = gzip ? new GZipStream(stored, CompressionMode.Decompress, leaveOpen: true) : stored;
    }

    /// <summary>The bytes that came out so far.</summary>
    public long Produced { get; private set; }

    /// <summary>Begins to read; the stream of the stored layer stays open.</summary>
    public static async Task<PlainLayerStream> OpenAsync(
        Stream stored, string mediaType, string name, OciLimits limits, Stream? copy, CancellationToken cancel)
    {
        var magic = new byte[MagicBytes];
        var read = await stored.ReadAtLeastAsync(magic, MagicBytes, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
        var isZstd = magic.AsSpan().SequenceEqual((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]);
        if (isZstd || mediaType == MediaTypes.LayerZstd || mediaType.EndsWith("+zstd", StringComparison.Ordinal))
        {
            throw new OciException(
                OciError.Unsupported, $"{name} is compressed with zstd, which is not supported",
                "Convert the image, for example: skopeo copy --dest-compress-format gzip.");
        }

        // The bytes decide, as they do for the container engines; the media type is a claim.
        var isGzip = magic is [0x1F, 0x8B, ..] && read >= 2;
        return new PlainLayerStream(new CountingStream(magic.AsMemory(0, read), stored), isGzip, name, limits, copy);
    }

    public override int Read(Span<byte> buffer)
    {
        try
        {
            var read = _plain.Read(buffer);
            Take(buffer[..read]);
            return read;
        }
        catch (InvalidDataException failure)
        {
            throw Damaged(failure);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = await _plain.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            Take(buffer.Span[..read]);
            return read;
        }
        catch (InvalidDataException failure)
        {
            throw Damaged(failure);
        }
    }

    /// <summary>The digest of all that was read; asked for once.</summary>
    public Digest Finish() => Digest.FromSha256(_hash.GetHashAndReset());

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            _plain.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        Produced += bytes.Length;
        if (Produced > _limits.MaxUnpackedBytes)
        {
            throw new OciException(OciError.LimitExceeded, $"{_name} unpacks to more than {_limits.MaxUnpackedBytes} bytes");
        }

        if (Produced - FreeBytes > _stored.Count * _limits.MaxCompressionRatio)
        {
            throw new OciException(
                OciError.LimitExceeded, $"{_name} unpacks to more than {_limits.MaxCompressionRatio} times its size");
        }

        _copy?.Write(bytes);
    }

    private OciException Damaged(InvalidDataException failure) =>
        new(OciError.MalformedLayer, $"{_name} is not a well-formed gzip file: {failure.Message}", cause: failure);

    // The stored bytes, counted, with those in front that were looked at already. Leaves the stream behind it open.
    private sealed class CountingStream(ReadOnlyMemory<byte> head, Stream rest) : ReadOnlyStream
    {
        private ReadOnlyMemory<byte> _head = head;

        public long Count { get; private set; }

        public override int Read(Span<byte> buffer) => Take(_head.IsEmpty ? rest.Read(buffer) : FromHead(buffer));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Take(_head.IsEmpty ? await rest.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) : FromHead(buffer.Span));

        private int FromHead(Span<byte> buffer)
        {
            var taken = Math.Min(buffer.Length, _head.Length);
            _head.Span[..taken].CopyTo(buffer);
            _head = _head[taken..];
            return taken;
        }

        private int Take(int read)
        {
            Count += read;
            return read;
        }
    }
}
