using System.IO.Compression;
using System.Security.Cryptography;
using Casemate.Oci.Streams;
using Casemate.Oci.Zstandard;

namespace Casemate.Oci.Layers;

/// <summary>A layer's plain tar archive, whatever its compression; bounded in bytes and in how much it grows, and digested on its way.</summary>
internal sealed class PlainLayerStream : ReadOnlyStream
{
    // Every layer may grow by this much without looking at the ratio: the blocks of zeros at an archive's end compress far better.
    private const long FreeBytes = 1 << 20;
    private const string UseGzip = "skopeo copy --dest-compress-format gzip";
    private readonly string _name;
    private readonly LayerCompression _compression;
    private readonly OciLimits _limits;
    private readonly CountingStream _stored;
    private readonly Stream _plain;
    private readonly Stream? _copy;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private PlainLayerStream(CountingStream stored, LayerCompression compression, string name, OciLimits limits, Stream? copy)
    {
        (_stored, _compression, _name, _limits, _copy) = (stored, compression, name, limits, copy);
        _plain = compression switch
        {
            LayerCompression.Gzip => new GZipStream(stored, CompressionMode.Decompress, leaveOpen: true),
            LayerCompression.Zstandard => new ZstandardStream(stored),
            _ => stored,
        };
    }

    /// <summary>The bytes that came out so far.</summary>
    public long Produced { get; private set; }

    /// <summary>Begins to read; the stream of the stored layer stays open.</summary>
    public static async Task<PlainLayerStream> OpenAsync(
        Stream stored, string name, OciLimits limits, Stream? copy, CancellationToken cancel)
    {
        var magic = new byte[LayerCompressions.MagicBytes];
        var read = await stored.ReadAtLeastAsync(magic, magic.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
        var head = magic.AsMemory(0, read);
        return new PlainLayerStream(new CountingStream(head, stored), LayerCompressions.Of(head.Span), name, limits, copy);
    }

    public override int Read(Span<byte> buffer)
    {
        try
        {
            var read = _plain.Read(buffer);
            Take(buffer[..read]);
            return read;
        }
        catch (Exception failure) when (failure is InvalidDataException or ZstandardException)
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
        catch (Exception failure) when (failure is InvalidDataException or ZstandardException)
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
            // gzip has a bound of its own that lies below the usual limit; zstd makes as good as nothing of a file of zeros.
            throw new OciException(
                OciError.LimitExceeded, $"{_name} unpacks to more than {_limits.MaxCompressionRatio} times its size",
                _compression == LayerCompression.Zstandard ? $"If you trust the image, convert it: {UseGzip}." : null);
        }

        _copy?.Write(bytes);
    }

    private OciException Damaged(Exception failure) => failure switch
    {
        ZstandardException { Error: ZstandardError.WindowTooLarge } => new(
            OciError.LimitExceeded, $"{_name} takes too much memory to read; zstd, {failure.Message}",
            $"Compress it without a longer window, or convert it: {UseGzip}.", failure),
        ZstandardException { Error: ZstandardError.DictionaryRequired } => new(
            OciError.Unsupported, $"{_name} cannot be read; zstd, {failure.Message}", $"Convert the image: {UseGzip}.", failure),
        ZstandardException => new(
            OciError.MalformedLayer, $"{_name} is not well-formed zstd; {failure.Message}", cause: failure),
        _ => new(OciError.MalformedLayer, $"{_name} is not a well-formed gzip file: {failure.Message}", cause: failure),
    };

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
