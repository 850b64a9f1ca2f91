using System.Net.Sockets;

namespace Casemate.Cli.Tests.Doctor;

/// <summary>A service that says nothing, or the same bytes for ever, to everybody who connects.</summary>
internal sealed class HostileSocket : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _open = [];

    /// <summary>Listens.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="bytes">What it says; null: nothing.</param>
    /// <param name="once">Once instead of for ever; then it closes.</param>
    public HostileSocket(string path, byte[]? bytes, bool once = false)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(16);
        _ = Task.Run(() => AcceptAsync(bytes, once));
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        lock (_open)
        {
            _open.ForEach(socket => socket.Dispose());
        }
    }

    private async Task AcceptAsync(byte[]? bytes, bool once)
    {
        try
        {
            while (true)
            {
                var peer = await _listener.AcceptAsync(_stop.Token);
                lock (_open)
                {
                    _open.Add(peer);
                }

                if (bytes is not null)
                {
                    _ = Task.Run(() => SpeakAsync(peer, bytes, once));
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task SpeakAsync(Socket peer, byte[] bytes, bool once)
    {
        var buffer = new byte[4096];
        try
        {
            if (once)
            {
                await peer.ReceiveAsync(buffer, _stop.Token);
                await peer.SendAsync(bytes, _stop.Token);
                peer.Shutdown(SocketShutdown.Send);
                return;
            }

            while (true)
            {
                await peer.SendAsync(bytes, _stop.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The peer has had enough, or the test is over.
        }
    }
}
