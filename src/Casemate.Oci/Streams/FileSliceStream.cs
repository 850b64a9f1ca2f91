using Microsoft.Win32.SafeHandles;

namespace Casemate.Oci.Streams;

/// <summary>A part of an open file as a stream of its own; several may be read at once. Does not close the file.</summary>
internal sealed class FileSliceStream(SafeFileHandle file, long offset, long length, string name) : ReadOnlyStream
{
    private long _position;

    public override bool CanSeek => true;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, Math.Max(0, length - _position));
        return wanted == 0 ? 0 : Advance(RandomAccess.Read(file, buffer[..wanted], offset + _position));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = (int)Math.Min(buffer.Length, Math.Max(0, length - _position));
        return wanted == 0 ? 0
            : Advance(await RandomAccess.ReadAsync(file, buffer[..wanted], offset + _position, cancellationToken).ConfigureAwait(false));
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => length + offset,
    };

    private int Advance(int read)
    {
        if (read == 0)
        {
            throw new OciException(OciError.Storage, $"{name} became shorter while it was read");
        }

        _position += read;
        return read;
    }
}
