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

    /// <summary>Reads what is left and forgets it.</summary>
    public ValueTask DrainAsync(CancellationToken cancel) => StreamReading.DrainAsync(this, cancel);

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
