using System.Net.Sockets;
using System.Text;
using Casemate.Testing;

namespace Casemate.Rpc.Tests.Wire;

/// <summary>A server that takes one connection and one request, and answers with whatever frames a test wants.</summary>
internal sealed class RawServer : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public RawServer()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _listener.Listen();
    }

    public string SocketPath => _directory.File("s.sock");

    /// <summary>Header block of an answer that goes well so far.</summary>
    public static RawFrame Begin(params IEnumerable<(string, string)> more) => new(
        RawFrame.Headers, RawFrame.EndHeaders, 1, RawFields.Write([(":status", "200"), ("content-type", "application/grpc"), .. more]));

    /// <summary>Header block that ends an answer.</summary>
    public static RawFrame End(params IEnumerable<(string, string)> fields) =>
        new(RawFrame.Headers, RawFrame.EndHeaders | RawFrame.EndStream, 1, RawFields.Write([.. fields]));

    /// <summary>Waits for a client and its whole request, and answers.</summary>
    /// <returns>The connection, and the body of the request.</returns>
    public async Task<(RawConnection Connection, byte[] Body)> AnswerAsync(params IEnumerable<RawFrame> frames)
    {
        var connection = new RawConnection(await _listener.AcceptAsync().SoonAsync("a connection"));
        var socketPreface = new byte[RawConnection.Preface.Length];
        await connection.FillAsync(socketPreface);
        Assert.Equal(RawConnection.Preface, Encoding.ASCII.GetString(socketPreface));
        await connection.SendAsync(new RawFrame(RawFrame.Settings, 0, 0, []));
        var body = new List<byte>();
        while (await connection.ReadFrameAsync() is { } frame)
        {
            if (frame.Type is RawFrame.Data)
            {
                body.AddRange(frame.Payload);
            }

            if (frame.Type is RawFrame.Settings && (frame.Flags & 1) == 0)
            {
                await connection.SendAsync(new RawFrame(RawFrame.Settings, 1, 0, []));
            }

            if (frame.EndsStream)
            {
                await connection.SendAsync(frames);
                return (connection, [.. body]);
            }
        }

        throw new EndOfStreamException("the client went away");
    }

    public void Dispose()
    {
        _listener.Dispose();
        _directory.Dispose();
    }
}
