using System.Buffers.Binary;
using System.Net.Sockets;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Devices;

/// <summary>A quote generation service on a Unix socket that reads one request and answers bytes of the test's choice.</summary>
internal sealed class QuoteGenerationStandIn : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;

    /// <summary>Starts it.</summary>
    /// <param name="answer">From the request without its frame to the bytes to be sent; null: no answer, the connection stays.</param>
    public QuoteGenerationStandIn(Func<byte[], byte[]?> answer)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen();
        _serving = ServeAsync(answer);
    }

    public string Path => _directory.File("qgs.socket");

    /// <summary>Completes when a request has come in.</summary>
    public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A whole answer: frame, header, key id and quote.</summary>
    public static byte[] Answer(ReadOnlySpan<byte> id, ReadOnlySpan<byte> quote, uint error = 0)
    {
        var bytes = new byte[4 + 24 + id.Length + quote.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, bytes.Length - 4);
        var message = bytes.AsSpan(4);
        message[0] = 1;
        message[2] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(message[4..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(message[8..], message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(message[12..], error);
        BinaryPrimitives.WriteInt32LittleEndian(message[16..], id.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message[20..], quote.Length);
        id.CopyTo(message[24..]);
        quote.CopyTo(message[(24 + id.Length)..]);
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _serving;
        _end.Dispose();
        _directory.Dispose();
    }

    private async Task ServeAsync(Func<byte[], byte[]?> answer)
    {
        try
        {
            using var connection = new NetworkStream(await _listener.AcceptAsync(_end.Token), ownsSocket: true);
            var header = new byte[4];
            await connection.ReadExactlyAsync(header, _end.Token);
            var message = new byte[BinaryPrimitives.ReadInt32BigEndian(header)];
            await connection.ReadExactlyAsync(message, _end.Token);
            Asked.SetResult();
            if (answer(message) is { } bytes)
            {
                // In pieces, as a stream may deliver them.
                await connection.WriteAsync(bytes.AsMemory(0, Math.Min(3, bytes.Length)), _end.Token);
                await connection.FlushAsync(_end.Token);
                await connection.WriteAsync(bytes.AsMemory(Math.Min(3, bytes.Length)), _end.Token);
            }
            else
            {
                await Task.Delay(Timeout.Infinite, _end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
