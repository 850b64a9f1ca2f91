using Casemate.Oci.Streams;

namespace Casemate.Oci.Copying;

/// <summary>Passes reads on and tells how far they got.</summary>
internal sealed class CountingReadStream(Stream inner, long start, Action<long> advanced) : ReadOnlyStream
{
    private long _position = start;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer) => Count(inner.Read(buffer));

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

    private int Count(int count)
    {
        _position += count;
        if (count > 0)
        {
            advanced(_position);
        }

        return count;
    }
}
