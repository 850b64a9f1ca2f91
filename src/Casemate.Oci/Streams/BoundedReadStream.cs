namespace Casemate.Oci.Streams;

/// <summary>The next so many bytes of another stream, which stays open; their absence is an error.</summary>
internal sealed class BoundedReadStream(Stream inner, long length, Func<OciException> truncated) : ReadOnlyStream
{
    private long _left = length;

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, _left);
        return wanted == 0 ? 0 : Advance(inner.Read(buffer[..wanted]));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = (int)Math.Min(buffer.Length, _left);
        return wanted == 0 ? 0 : Advance(await inner.ReadAsync(buffer[..wanted], cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Goes past what is left; in a file without reading it.</summary>
    public ValueTask DrainAsync(CancellationToken cancel)
    {
        if (!inner.CanSeek)
        {
            return StreamReading.DrainAsync(this, cancel);
        }

        if (_left > inner.Length - inner.Position)
        {
            throw truncated();
        }

        inner.Seek(_left, SeekOrigin.Current);
        _left = 0;
        return ValueTask.CompletedTask;
    }

    private int Advance(int read)
    {
        if (read == 0)
        {
            throw truncated();
        }

        _left -= read;
        return read;
    }
}
