using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Casemate.Rpc.Tests.Wire;

/// <summary>One end of an HTTP/2 connection that sends whatever a test wants, also what no library would send.</summary>
internal sealed class RawConnection(Socket socket) : IDisposable
{
    public const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private readonly NetworkStream _stream = new(socket, ownsSocket: true);
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(1));

    /// <summary>Connects as a client, without a word.</summary>
    public static async Task<RawConnection> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return new RawConnection(socket);
    }

    /// <summary>Connects as a client, and says hello: preface and settings that allow no table.</summary>
    public static Task<RawConnection> OpenAsync(string path) => OpenAsync(path, [0, 1, 0, 0, 0, 0]);

    /// <summary>Connects as a client that never reads an answer: the window of its streams is 0.</summary>
    public static Task<RawConnection> OpenWithoutWindowAsync(string path) => OpenAsync(path, [0, 1, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0]);

    public Task SendAsync(byte[] bytes) => _stream.WriteAsync(bytes, _limit.Token).AsTask();

    public Task SendAsync(params IEnumerable<RawFrame> frames) => SendAsync([.. frames.SelectMany(frame => frame.ToBytes())]);

    /// <summary>The next frame; null at the end of the connection.</summary>
    public async Task<RawFrame?> ReadFrameAsync()
    {
        var header = new byte[9];
        if (!await TryFillAsync(header))
        {
            return null;
        }

        var payload = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
        return await TryFillAsync(payload)
            ? new RawFrame(header[3], header[4], BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(5)), payload)
            : null;
    }

    /// <summary>Reads on to a frame of a type.</summary>
    public async Task<RawFrame> ReadToAsync(byte type)
    {
        while (await ReadFrameAsync() is { } frame)
        {
            if (frame.Type == type)
            {
                return frame;
            }
        }

        throw new EndOfStreamException($"the connection ended before a frame of type {type}");
    }

    /// <summary>Reads to the end of a stream, of whose other end a request was sent, and gives it all the window it needs.</summary>
    public async Task<RawAnswer> ReadAnswerAsync(uint stream = 1)
    {
        var blocks = new List<List<(string, string)>>();
        var body = new List<byte>();
        while (await ReadFrameAsync() is { } frame)
        {
            if (frame.Stream != stream)
            {
                continue;
            }

            switch (frame.Type)
            {
                case RawFrame.Headers:
                    Assert.Equal(RawFrame.EndHeaders, frame.Flags & ~RawFrame.EndStream);
                    blocks.Add(RawFields.Read(frame.Payload));
                    break;
                case RawFrame.Data:
                    body.AddRange(frame.Payload);
                    break;
                case RawFrame.Reset:
                    return Answer(BinaryPrimitives.ReadUInt32BigEndian(frame.Payload));
            }

            if (frame.EndsStream)
            {
                return Answer(null);
            }
        }

        throw new EndOfStreamException("the connection ended within an answer");

        RawAnswer Answer(uint? reset) => new(blocks.Count > 0 ? blocks[0] : [], [.. body], blocks.Count > 1 ? blocks[1] : null, reset);
    }

    /// <summary>The frames of a request with the usual header fields.</summary>
    public static RawFrame HeadersFor(
        string path, uint stream = 1, bool end = false, string method = "POST", string authority = "localhost",
        string? contentType = "application/grpc", params IEnumerable<(string, string)> more)
    {
        List<(string, string)> fields =
            [(":method", method), (":scheme", "http"), (":path", path), (":authority", authority), ("te", "trailers")];
        if (contentType is not null)
        {
            fields.Add(("content-type", contentType));
        }

        return new RawFrame(
            RawFrame.Headers, (byte)(RawFrame.EndHeaders | (end ? RawFrame.EndStream : 0)), stream, RawFields.Write([.. fields, .. more]));
    }

    public static RawFrame DataOf(byte[] payload, bool end = true, uint stream = 1) =>
        new(RawFrame.Data, end ? RawFrame.EndStream : (byte)0, stream, payload);

    /// <summary>A message with the header that says what it is, or what a test wants it to say.</summary>
    public static byte[] MessageOf(byte[] body, int? length = null, byte flag = 0)
    {
        var frame = new byte[5 + body.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), length ?? body.Length);
        body.CopyTo(frame, 5);
        return frame;
    }

    /// <summary>Reads exactly so many bytes.</summary>
    public Task FillAsync(byte[] buffer) => _stream.ReadExactlyAsync(buffer, _limit.Token).AsTask();

    /// <summary>Sends no more, and goes on reading.</summary>
    public void StopSending() => socket.Shutdown(SocketShutdown.Send);

    public void Dispose()
    {
        _stream.Dispose();
        _limit.Dispose();
    }

    private static async Task<RawConnection> OpenAsync(string path, byte[] settings)
    {
        var connection = await ConnectAsync(path);
        await connection.SendAsync(Encoding.ASCII.GetBytes(Preface));
        await connection.SendAsync(new RawFrame(RawFrame.Settings, 0, 0, settings));
        return connection;
    }

    private async Task<bool> TryFillAsync(byte[] buffer)
    {
        try
        {
            return await _stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, _limit.Token) == buffer.Length;
        }
        catch (IOException)
        {
            return false;                                                  // the other end closed with bytes of ours unread
        }
    }
}
