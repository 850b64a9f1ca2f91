using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;

namespace Casemate.Testing.Kubelet;

/// <summary>The kubelet's connection to one plugin.</summary>
internal sealed class PluginClient : IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private int _closed;

    public PluginClient(string resource, string socket, int maxMessageBytes, TimeSpan dialTimeout)
    {
        Resource = resource;
        Rpc = new RpcClient(new RpcClientOptions { SocketPath = socket, MaxResponseBytes = maxMessageBytes, ConnectTimeout = dialTimeout });
    }

    public string Resource { get; }

    public RpcClient Rpc { get; }

    public DevicePluginOptions Options { get; set; } = new();

    /// <summary>Why the stream ended; null while it runs.</summary>
    public Exception? End { get; set; }

    public IAsyncEnumerable<ListAndWatchResponse> ListAsync() =>
        Rpc.StreamAsync(KubeletMethods.ListAndWatch, new Empty(), ListAndWatchResponse.Parser, null, _closing.Token);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return;
        }

        await _closing.CancelAsync();
        await Rpc.DisposeAsync();
    }
}
