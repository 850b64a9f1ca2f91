using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Casemate.Testing;

/// <summary>An HTTP proxy on loopback that knows CONNECT alone, and leads every tunnel to one port of this machine.</summary>
public sealed class ConnectProxy : IAsyncDisposable
{
    private const int MaximumHead = 16 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly ConcurrentBag<Task> _tunnels = [];
    private readonly int _port;
    private readonly Task _accepting;

    /// <summary>Starts it.</summary>
    /// <param name="port">Where tunnels end, whatever host was asked for.</param>
    public ConnectProxy(int port)
    {
        _port = port;
        _listener.Start();
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Its address, as HTTPS_PROXY names it.</summary>
    public string Address => $"http://{_listener.LocalEndpoint}";

    /// <summary>The first line of each request, in order.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_tunnels).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
            _tunnels.Add(Task.Run(() => ServeAsync(client)));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            var inner = client.GetStream();
            var head = new StringBuilder();
            var one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && head.Length < MaximumHead)
            {
                if (await inner.ReadAsync(one, _stopping.Token) == 0)
                {
                    return;
                }

                head.Append((char)one[0]);
            }

            var request = head.ToString().Split("\r\n", 2)[0];
            _requests.Enqueue(request);
            if (!request.StartsWith("CONNECT ", StringComparison.Ordinal))
            {
                await inner.WriteAsync("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), _stopping.Token);
                return;
            }

            using var server = new TcpClient();
            await server.ConnectAsync(IPAddress.Loopback, _port, _stopping.Token);
            await inner.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), _stopping.Token);
            var outer = server.GetStream();
            await Task.WhenAny(inner.CopyToAsync(outer, _stopping.Token), outer.CopyToAsync(inner, _stopping.Token));
        }
    }
}
