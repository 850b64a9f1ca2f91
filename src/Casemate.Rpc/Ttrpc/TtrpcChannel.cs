using System.Buffers;
using Google.Protobuf;

namespace Casemate.Rpc.Ttrpc;

/// <summary>Messages of ttrpc over a stream of bytes. One reads at a time; anybody writes.</summary>
internal sealed class TtrpcChannel(Stream stream) : IDisposable
{
    private readonly byte[] _header = new byte[TtrpcFrame.HeaderSize];
    private readonly SemaphoreSlim _writing = new(1);

    /// <summary>Reads the next message.</summary>
    /// <param name="take">Takes header and data; the data are gone when it returns.</param>
    /// <param name="cancellationToken">Gives it up; the stream cannot be read further then.</param>
    /// <returns>False at the end of the stream, between two messages.</returns>
    /// <exception cref="InvalidDataException">The stream ends within a message, or a message is too long.</exception>
    public async ValueTask<bool> ReadAsync(Action<TtrpcFrame, ReadOnlyMemory<byte>> take, CancellationToken cancellationToken)
    {
        var read = await stream.ReadAtLeastAsync(_header, _header.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read == 0)
        {
            return false;
        }

        if (read < _header.Length)
        {
            throw new InvalidDataException("The connection ended within a header of ttrpc.");
        }

        if (!TtrpcFrame.TryRead(_header, out var frame))
        {
            throw new InvalidDataException($"A message of ttrpc is longer than {TtrpcFrame.MaximumLength} bytes.");
        }

        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, frame.Length));
        try
        {
            var data = buffer.AsMemory(0, frame.Length);
            if (await stream.ReadAtLeastAsync(data, frame.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) < frame.Length)
            {
                throw new InvalidDataException("The connection ended within a message of ttrpc.");
            }

            take(frame, data);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes a message, as one write of the stream.</summary>
    /// <exception cref="InvalidDataException">The message is too long; nothing was written.</exception>
    public async ValueTask WriteAsync(byte type, uint id, IMessage message, CancellationToken cancellationToken)
    {
        var length = message.CalculateSize();
        if (length > TtrpcFrame.MaximumLength)
        {
            throw new InvalidDataException($"A message of {length} bytes is longer than ttrpc takes: {TtrpcFrame.MaximumLength}.");
        }

        var size = TtrpcFrame.HeaderSize + length;
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            new TtrpcFrame(length, id, type, 0).Write(buffer);
            message.WriteTo(buffer.AsSpan(TtrpcFrame.HeaderSize, length));
            await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await stream.WriteAsync(buffer.AsMemory(0, size), cancellationToken).ConfigureAwait(false);
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _writing.Release();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _writing.Dispose();
}
