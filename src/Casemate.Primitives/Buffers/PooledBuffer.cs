using System.Buffers;

namespace Casemate.Primitives.Buffers;

/// <summary>
/// Bytes that are collected in an array of the shared pool, which gets it back when the buffer is disposed. Not for secrets: nothing is
/// erased. Not safe for concurrent use.
/// </summary>
public sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    private byte[] _bytes;

    /// <summary>Makes an empty one.</summary>
    /// <param name="capacity">How many bytes are expected, at least 1; it grows as needed.</param>
    public PooledBuffer(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _bytes = ArrayPool<byte>.Shared.Rent(capacity);
    }

    /// <summary>How many bytes are in it.</summary>
    public int WrittenCount { get; private set; }

    /// <summary>What is in it; valid until more is written or the buffer is disposed.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, WrittenCount);

    /// <summary>What is in it; valid until more is written or the buffer is disposed.</summary>
    public ReadOnlySpan<byte> WrittenSpan => _bytes.AsSpan(0, WrittenCount);

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - WrittenCount);
        WrittenCount += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(WrittenCount);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(WrittenCount);
    }

    /// <summary>Gives the array back. The buffer takes no more bytes.</summary>
    public void Dispose()
    {
        var bytes = _bytes;
        (_bytes, WrittenCount) = ([], 0);
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void Reserve(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        ObjectDisposedException.ThrowIf(_bytes.Length == 0, this);
        var needed = checked(WrittenCount + Math.Max(sizeHint, 1));
        if (needed > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, (int)Math.Min(_bytes.Length * 2L, Array.MaxLength)));
            WrittenSpan.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }
    }
}
