using System.Buffers.Binary;
using System.Net.Sockets;

namespace Casemate.Quoting.Tests.Aesm;

/// <summary>A peer that sends what bytes it likes.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public static RawClient Connect(string path)
    {
        var client = new RawClient();
        client._socket.Connect(new UnixDomainSocketEndPoint(path));
        return client;
    }

    /// <summary>The frame of a request: outer field, then content, each byte as the test says.</summary>
    public static byte[] Frame(int outerField, params byte[] content)
    {
        List<byte> body = [.. Varint((uint)((outerField << 3) | 2)), .. Varint((uint)content.Length), .. content];
        return [.. Length(body.Count), .. body];
    }

    public static byte[] Length(int length)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        return bytes;
    }

    public static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        return [.. bytes, (byte)value];
    }

    /// <summary>A field of bytes.</summary>
    public static byte[] Field(int field, ReadOnlySpan<byte> value) => [.. Varint((uint)((field << 3) | 2)), .. Varint((uint)value.Length), .. value];

    /// <summary>A field of a number.</summary>
    public static byte[] Field(int field, ulong value) => [.. Varint((uint)(field << 3)), .. Varint(value)];

    public async Task SendAsync(params byte[] bytes) => await _socket.SendAsync(bytes);

    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>The body of the next answer; null: the server closed the connection.</summary>
    public async Task<byte[]?> ReceiveAsync()
    {
        var header = await ReadAsync(4);
        return header is null ? null : await ReadAsync(BinaryPrimitives.ReadInt32LittleEndian(header));
    }

    public async Task<byte[]?> ExchangeAsync(params byte[] frame)
    {
        await SendAsync(frame);
        return await ReceiveAsync();
    }

    public void Dispose() => _socket.Dispose();

    private async Task<byte[]?> ReadAsync(int count)
    {
        using var limit = new CancellationTokenSource(s_patience);
        var bytes = new byte[count];
        for (var filled = 0; filled < count;)
        {
            int received;
            try
            {
                received = await _socket.ReceiveAsync(bytes.AsMemory(filled), limit.Token);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
            {
                received = 0;                                              // closed with unread bytes of ours
            }

            if (received == 0)
            {
                return null;
            }

            filled += received;
        }

        return bytes;
    }
}
