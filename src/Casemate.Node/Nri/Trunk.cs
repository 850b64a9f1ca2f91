using System.Buffers;
using System.IO.Pipelines;

namespace Casemate.Node.Nri;

/// <summary>
/// NRI's socket, cut into connections. What has begun must be over within <see cref="Patience"/>, in both directions: a peer that is
/// slower is given up, while one that says nothing at all may do so for ever.
/// </summary>
internal sealed class Trunk : IDisposable
{
    /// <summary>How long one piece may take, read or written.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // What the ttrpc of the runtime reads at once: a longer piece is an error there, unless the rest of a message waits for it.
    private const int FirstPiece = 4096;

    // What may wait for its reader; then the socket is not read either, until it was taken.
    private const int Unread = 64 * 1024;

    private readonly Stream _socket;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly byte[] _readHeader = new byte[TrunkHeader.Size];
    private readonly byte[] _writeHeader = new byte[TrunkHeader.Size];
    private readonly Dictionary<uint, Pipe> _arrived = [];

    /// <summary>Makes the two connections; nothing is read before <see cref="RunAsync"/>.</summary>
    /// <param name="socket">To the runtime; its holder closes it.</param>
    /// <param name="time">The clock.</param>
    public Trunk(Stream socket, TimeProvider time)
    {
        (_socket, _time) = (socket, time);
        PluginService = Open(TrunkHeader.PluginService);
        RuntimeService = Open(TrunkHeader.RuntimeService);
    }

    /// <summary>The connection on which the plugin serves.</summary>
    public Stream PluginService { get; }

    /// <summary>The connection on which the runtime serves.</summary>
    public Stream RuntimeService { get; }

    /// <summary>Hands on what arrives until the peer closes the socket. Both connections end with it.</summary>
    /// <exception cref="InvalidDataException">A piece is too long, or the socket was closed within one.</exception>
    /// <exception cref="IOException">The socket broke, or a piece took too long.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await ReadPieceAsync(cancellationToken).ConfigureAwait(false))
            {
            }
        }
        finally
        {
            foreach (var pipe in _arrived.Values)
            {
                await pipe.Writer.CompleteAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Writes a message of a connection.</summary>
    public async ValueTask WriteAsync(uint connection, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var patience = new CancellationTokenSource(Patience, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
            try
            {
                while (!message.IsEmpty)
                {
                    var first = Math.Min(message.Length, FirstPiece);
                    await WritePieceAsync(connection, message[..first], either.Token).ConfigureAwait(false);
                    message = message[first..];
                    if (message.Length > FirstPiece)
                    {
                        await WritePieceAsync(connection, message, either.Token).ConfigureAwait(false);
                        return;
                    }
                }
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new IOException($"The runtime did not take a message within {Patience.TotalSeconds:0} s.", e);
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _writing.Dispose();

    private TrunkStream Open(uint connection)
    {
        var pipe = new Pipe(new PipeOptions(
            pauseWriterThreshold: Unread, resumeWriterThreshold: Unread / 2, useSynchronizationContext: false));
        _arrived[connection] = pipe;
        return new TrunkStream(this, connection, pipe.Reader);
    }

    private async ValueTask<bool> ReadPieceAsync(CancellationToken cancellationToken)
    {
        var begun = await _socket.ReadAsync(_readHeader, cancellationToken).ConfigureAwait(false);
        if (begun == 0)
        {
            return false;
        }

        using var patience = new CancellationTokenSource(Patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await ReadAllAsync(_readHeader.AsMemory(begun), either.Token).ConfigureAwait(false);
            if (!TrunkHeader.TryRead(_readHeader, out var header))
            {
                throw new InvalidDataException($"The runtime announced more than {TrunkHeader.MaximumLength} bytes at once.");
            }

            await ReadDataAsync(header, either.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"The runtime began to send and did not end within {Patience.TotalSeconds:0} s.", e);
        }
    }

    // Data of connections that nobody opened are read and dropped, as the runtime does.
    private async ValueTask ReadDataAsync(TrunkHeader header, CancellationToken cancellationToken)
    {
        var writer = _arrived.GetValueOrDefault(header.Connection)?.Writer;
        var rented = ArrayPool<byte>.Shared.Rent(FirstPiece);
        try
        {
            for (var rest = header.Length; rest > 0;)
            {
                var part = rented.AsMemory(0, Math.Min(rest, rented.Length));
                await ReadAllAsync(part, cancellationToken).ConfigureAwait(false);
                rest -= part.Length;
                if (writer is not null && (await writer.WriteAsync(part, cancellationToken).ConfigureAwait(false)).IsCompleted)
                {
                    writer = null;                                         // whoever read it has ended
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private async ValueTask ReadAllAsync(Memory<byte> memory, CancellationToken cancellationToken)
    {
        if (await _socket.ReadAtLeastAsync(memory, memory.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false)
            < memory.Length)
        {
            throw new InvalidDataException("The runtime closed the socket within a message.");
        }
    }

    private async ValueTask WritePieceAsync(uint connection, ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        new TrunkHeader(connection, piece.Length).Write(_writeHeader);
        await _socket.WriteAsync(_writeHeader, cancellationToken).ConfigureAwait(false);
        await _socket.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
    }
}
