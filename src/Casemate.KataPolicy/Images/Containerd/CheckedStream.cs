using System.Security.Cryptography;
using Casemate.Oci;

namespace Casemate.KataPolicy.Images.Containerd;

/// <summary>A content's file whose last read fails when the bytes were not the promised ones.</summary>
internal sealed class CheckedStream(FileStream file, Descriptor descriptor, string name) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(descriptor.Digest.HashName);
    private long _read;
    private bool _checked;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer) => Take(buffer[..file.Read(buffer)], buffer.Length);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        return Take(buffer.Span[..read], buffer.Length);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Take(ReadOnlySpan<byte> bytes, int asked)
    {
        _read += bytes.Length;
        if (bytes.Length > 0)
        {
            _hash.AppendData(bytes);
        }

        var ended = bytes.Length == 0 && asked > 0;
        if (_read > descriptor.Size
            || (ended && !_checked
            && (_read != descriptor.Size || Convert.ToHexStringLower(_hash.GetCurrentHash()) != descriptor.Digest.Hex)))
        {
            throw new OciException(OciError.DigestMismatch, $"{name}: {descriptor.Digest} is not what its descriptor promises");
        }

        _checked |= ended;
        return bytes.Length;
    }
}
