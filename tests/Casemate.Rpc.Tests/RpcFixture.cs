using System.Collections.Concurrent;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Testing;

namespace Casemate.Rpc.Tests;

/// <summary>A server in a directory of its own, with the methods of a device plugin whose handlers a test chooses.</summary>
internal sealed class RpcFixture : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<RpcClient> _clients = [];

    private RpcFixture()
    {
    }

    /// <summary>Path of the socket.</summary>
    public string SocketPath => _directory.File("p.sock");

    /// <summary>The server.</summary>
    public RpcServer Server { get; private set; } = null!;

    /// <summary>Everything that was logged.</summary>
    public ConcurrentQueue<string> Log { get; } = [];

    /// <summary>Answers Allocate. The default gives each container one device node for each device.</summary>
    public Func<AllocateRequest, RpcContext, ValueTask<AllocateResponse>> Allocate { get; set; } = (request, _) =>
    {
        var response = new AllocateResponse();
        foreach (var container in request.ContainerRequests)
        {
            var answer = new ContainerAllocateResponse();
            answer.Devices.AddRange(container.DevicesIds.Select(id => new DeviceSpec { HostPath = "/dev/" + id, Permissions = "rw" }));
            response.ContainerResponses.Add(answer);
        }

        return ValueTask.FromResult(response);
    };

    /// <summary>Answers ListAndWatch. The default sends one device and waits for the end of the call.</summary>
    public Func<IRpcStream<ListAndWatchResponse>, RpcContext, Task> ListAndWatch { get; set; } = async (stream, context) =>
    {
        await stream.WriteAsync(new ListAndWatchResponse { Devices = { new Device { ID = "epc-0", Health = "Healthy" } } });
        await Task.Delay(Timeout.Infinite, context.CancellationToken);
    };

    /// <summary>Starts one.</summary>
    public static async Task<RpcFixture> StartAsync(
        Func<RpcServerOptions, RpcServerOptions>? change = null, Action<RpcFixture>? prepare = null)
    {
        var fixture = new RpcFixture();
        prepare?.Invoke(fixture);
        var options = new RpcServerOptions
        {
            SocketPath = fixture.SocketPath,
            LoggerFactory = new RecordingLoggerFactory(fixture.Log),
            Methods =
            [
                RpcMethod.Unary<AllocateRequest, AllocateResponse>(
                    KubeletMethods.Allocate, AllocateRequest.Parser, (request, context) => fixture.Allocate(request, context)),
                RpcMethod.ServerStream<Empty, ListAndWatchResponse>(
                    KubeletMethods.ListAndWatch, Empty.Parser, (_, stream, context) => fixture.ListAndWatch(stream, context)),
            ],
        };
        fixture.Server = await RpcServer.StartAsync(change is null ? options : change(options), CancellationToken.None);
        return fixture;
    }

    /// <summary>A client that is closed with the fixture.</summary>
    public RpcClient Client(int maxResponseBytes = 4 * 1024 * 1024)
    {
        var client = new RpcClient(new RpcClientOptions { SocketPath = SocketPath, MaxResponseBytes = maxResponseBytes });
        _clients.Add(client);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        await Server.DisposeAsync().AsTask().SoonAsync("the end of the server");
        _directory.Dispose();
    }
}
