using System.Buffers.Binary;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Casemate.Testing.Kubelet;

/// <summary>
/// One logical connection over a runtime's NRI socket, with the manners of containerd's: pieces are queued, at most 256 of them; reads go
/// through a buffer of 4096 bytes, and a piece that does not fit where it is read to is an error, not cut.
/// </summary>
internal sealed class RuntimeConnection(Socket trunk, SemaphoreSlim writing, uint id)
{
    private const int BufferSize = 4096;
    private const int Queue = 256;

    private readonly Channel<byte[]> _pieces = Channel.CreateBounded<byte[]>(Queue);
    private readonly byte[] _buffer = new byte[BufferSize];
    private int _start;
    private int _end;

    /// <summary>Takes a piece that arrived.</summary>
    /// <returns>False when the queue is full: the runtime then drops the plugin.</returns>
    public bool Deliver(byte[] piece) => _pieces.Writer.TryWrite(piece);

    /// <summary>Nothing more arrives.</summary>
    public void End() => _pieces.Writer.TryComplete();

    /// <summary>Reads a message of ttrpc; null at the end.</summary>
    public async Task<RuntimeMessage?> ReadAsync()
    {
        var header = new byte[10];
        if (!await FillAsync(header))
        {
            return null;
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (length > 4 << 20)
        {
            throw new InvalidDataException($"the plugin sent a message of {length} bytes");
        }

        var data = new byte[length];
        return await FillAsync(data)
            ? new RuntimeMessage(BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4)), header[8], header[9], data)
            : null;
    }

    /// <summary>Writes a message of ttrpc, in pieces as a buffered writer of 4096 bytes makes them.</summary>
    public async Task WriteAsync(RuntimeMessage message)
    {
        var bytes = new byte[10 + message.Data.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)message.Data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), message.Stream);
        (bytes[8], bytes[9]) = (message.Type, message.Flags);
        message.Data.CopyTo(bytes, 10);
        await writing.WaitAsync();
        try
        {
            var first = Math.Min(bytes.Length, BufferSize);
            await WritePieceAsync(bytes.AsMemory(0, first));
            if (bytes.Length > first)
            {
                await WritePieceAsync(bytes.AsMemory(first));
            }
        }
        finally
        {
            writing.Release();
        }
    }

    private async Task WritePieceAsync(ReadOnlyMemory<byte> piece)
    {
        var header = new byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(header, id);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), (uint)piece.Length);
        await SendAsync(header);
        await SendAsync(piece);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await trunk.SendAsync(bytes)..];
        }
    }

    private async Task<bool> FillAsync(Memory<byte> wanted)
    {
        while (!wanted.IsEmpty)
        {
            if (_start == _end && wanted.Length >= BufferSize)
            {
                if (await NextAsync(wanted) is not { } direct)
                {
                    return false;
                }

                wanted = wanted[direct..];
                continue;
            }

            if (_start == _end)
            {
                if (await NextAsync(_buffer) is not { } read)
                {
                    return false;
                }

                (_start, _end) = (0, read);
            }

            var count = Math.Min(wanted.Length, _end - _start);
            _buffer.AsMemory(_start, count).CopyTo(wanted);
            _start += count;
            wanted = wanted[count..];
        }

        return true;
    }

    private async Task<int?> NextAsync(Memory<byte> to)
    {
        if (!await _pieces.Reader.WaitToReadAsync() || !_pieces.Reader.TryRead(out var piece))
        {
            return null;
        }

        if (piece.Length > to.Length)
        {
            throw new InvalidDataException($"a piece of {piece.Length} bytes where {to.Length} were read: ENOMEM in the runtime");
        }

        piece.CopyTo(to);
        return piece.Length;
    }
}
