using System.Net.Sockets;
using Casemate.Primitives.Sockets;

namespace Casemate.Quoting.Aesm;

public sealed partial class AesmServer
{
    private static readonly TimeSpan s_acceptPause = TimeSpan.FromMilliseconds(100);

    private async Task AcceptAsync(Listener listener)
    {
        while (!listener.IsDisposed)
        {
            try
            {
                Take(await listener.Socket.AcceptAsync(_accepting.Token).ConfigureAwait(false), listener.Endpoint);
            }
            catch (Exception e) when (listener.IsDisposed && e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                return;
            }
            catch (SocketException e)
            {
                // A peer that is gone before it was accepted, or no descriptors left: the next one may do better, a little later.
                Events.ConnectionRefused(listener.Endpoint, default, e.SocketErrorCode.ToString());
                if (!await PauseAsync().ConfigureAwait(false))
                {
                    return;
                }
            }
        }
    }

    private async ValueTask<bool> PauseAsync()
    {
        try
        {
            await Task.Delay(s_acceptPause, Time, _accepting.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Take(Socket socket, string endpoint)
    {
        if (!PeerCredential.TryRead(socket, out var credential))
        {
            socket.Dispose();
            return;
        }

        var connection = new AesmConnection(this, socket, endpoint, credential);
        if (Connections.Add(connection, out var evicted) is { } limit)
        {
            socket.Dispose();
            Events.ConnectionRefused(endpoint, credential, limit);
            return;
        }

        evicted?.Abort(AesmConnection.GaveWay);

        // Not here: a request that is there already would be carried out before the next connection is accepted.
        ThreadPool.UnsafeQueueUserWorkItem(static c => _ = c.RunAsync(), connection, preferLocal: false);
    }

    private void Watch()
    {
        var now = Time.GetTimestamp();
        foreach (var connection in Connections.Snapshot())
        {
            connection.AbortIfLate(now);
            connection.GiveUpIfHungUp();
        }

        lock (_lock)
        {
            foreach (var listener in _listeners.Values.ToList())
            {
                try
                {
                    WatchFile(listener);
                }
                catch (Exception e)
                {
                    // Runs on a timer: what escaped from here would end the process, and with it every other socket.
                    Events.Faulted(listener.Endpoint, e);
                }
            }
        }
    }

    // The directory is mounted into pods, and what cleans up on a node does not always ask.
    private void WatchFile(Listener listener)
    {
        if (_stopping || listener.File is not { } file || file.IsInPlace == true)
        {
            return;
        }

        if (file.IsInPlace == false)
        {
            Lost(listener, "another process has put its socket there");
            return;
        }

        if (!listener.MakesDirectory && !Directory.Exists(Path.GetDirectoryName(listener.Endpoint)))
        {
            return;                                                        // it went, and whoever watches it will close this socket
        }

        try
        {
            var restored = AesmSocketFile.Listen(listener.Endpoint, Options.SocketMode, Options.Backlog, listener.MakesDirectory);
            var successor = new Listener(listener.Endpoint, restored.Socket, restored) { MakesDirectory = listener.MakesDirectory };
            listener.Dispose();
            _listeners[listener.Endpoint] = successor;
            _ = AcceptAsync(successor);
            Events.SocketRestored(listener.Endpoint);
        }
        catch (AesmEndpointException e)
        {
            Lost(listener, e.Message);
        }
    }

    private void Lost(Listener listener, string problem)
    {
        if (!listener.IsLostReported)
        {
            listener.IsLostReported = true;
            Events.SocketLost(listener.Endpoint, problem);
        }
    }

    private sealed class Listener(string endpoint, Socket socket, SocketFile? file) : IDisposable
    {
        private volatile bool _disposed;

        public string Endpoint { get; } = endpoint;

        public Socket Socket { get; } = socket;

        public SocketFile? File { get; } = file;

        public bool MakesDirectory { get; init; } = true;

        public bool IsLostReported { get; set; }

        public bool IsDisposed => _disposed;

        public void Dispose()
        {
            _disposed = true;
            File?.Dispose();
            Socket.Dispose();
        }
    }
}
