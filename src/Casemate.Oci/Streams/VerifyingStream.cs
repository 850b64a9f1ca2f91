using System.Security.Cryptography;

namespace Casemate.Oci.Streams;

/// <summary>
/// Reads content and holds it against its descriptor: never more than the promised size, and the read that comes to the end throws
/// when size or digest are not the promised ones. What was read to its end without an exception is genuine; what was read before that
/// is not known to be.
/// </summary>
public sealed class VerifyingStream : Stream
{
    private readonly Stream _inner;
    private readonly Descriptor _descriptor;
    private readonly string _name;
    private readonly bool _leaveOpen;
    private readonly IncrementalHash _hash;
    private readonly byte[] _probe = new byte[1];
    private long _read;
    private bool _verified;

    /// <summary>Makes the stream.</summary>
    /// <param name="inner">Where the bytes come from.</param>
    /// <param name="descriptor">What is promised.</param>
    /// <param name="name">How the source is named in messages.</param>
    /// <param name="leaveOpen">True to leave <paramref name="inner"/> open when the stream is closed.</param>
    public VerifyingStream(Stream inner, Descriptor descriptor, string name, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(descriptor);
        (_inner, _descriptor, _name, _leaveOpen) = (inner, descriptor, name, leaveOpen);
        _hash = IncrementalHash.CreateHash(descriptor.Digest.HashName);
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => _descriptor.Size;

    /// <inheritdoc/>
    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        var read = _inner.Read(buffer[..(int)Math.Min(buffer.Length, Math.Max(1, _descriptor.Size - _read))]);
        var taken = Take(buffer[..read]);
        if (_read == _descriptor.Size && !_verified)
        {
            Verify(_inner.Read(_probe));
        }

        return taken;
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        var wanted = buffer[..(int)Math.Min(buffer.Length, Math.Max(1, _descriptor.Size - _read))];
        var read = await _inner.ReadAsync(wanted, cancellationToken).ConfigureAwait(false);
        var taken = Take(buffer.Span[..read]);
        if (_read == _descriptor.Size && !_verified)
        {
            Verify(await _inner.ReadAsync(_probe, cancellationToken).ConfigureAwait(false));
        }

        return taken;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            if (!_leaveOpen)
            {
                _inner.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        if (!_leaveOpen)
        {
            await _inner.DisposeAsync().ConfigureAwait(false);
        }

        GC.SuppressFinalize(this);
    }

    private int Take(ReadOnlySpan<byte> bytes)
    {
        if (_verified)
        {
            return bytes.IsEmpty ? 0 : throw TooLong();
        }

        if (bytes.IsEmpty && _read < _descriptor.Size)
        {
            throw Mismatch($"ends after {_read} of {_descriptor.Size} bytes");
        }

        if (bytes.Length > _descriptor.Size - _read)
        {
            throw TooLong();
        }

        _hash.AppendData(bytes);
        _read += bytes.Length;
        return bytes.Length;
    }

    // Made with the read that brings the last byte, so that nobody who stops reading there misses it.
    private void Verify(int more)
    {
        if (more > 0)
        {
            throw TooLong();
        }

        var actual = Convert.ToHexStringLower(_hash.GetHashAndReset());
        if (actual != _descriptor.Digest.Hex)
        {
            throw Mismatch($"has the digest {_descriptor.Digest.Algorithm}:{actual}");
        }

        _verified = true;
    }

    private OciException TooLong() => Mismatch($"is longer than its {_descriptor.Size} bytes");

    private OciException Mismatch(string what) => new(
        OciError.DigestMismatch, $"{_name}: the content {_descriptor.Digest} {what}",
        "Get the content again; if it persists, distrust the source.");
}
