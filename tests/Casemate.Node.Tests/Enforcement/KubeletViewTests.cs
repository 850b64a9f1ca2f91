using Casemate.Node.Enforcement;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.PodResources;
using Casemate.Testing;

namespace Casemate.Node.Tests.Enforcement;

/// <summary>The kubelet's word about a container, while a runtime waits for an answer.</summary>
public sealed class KubeletViewTests : IAsyncDisposable
{
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 9, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly TemporaryDirectory _directory = new();
    private readonly TaskCompletionSource _never = new();
    private RpcServer? _server;
    private int _calls;

    public async ValueTask DisposeAsync()
    {
        _never.TrySetResult();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        _directory.Dispose();
    }

    [Fact]
    public async Task IsAskedOnce_AndFindsTheContainer()
    {
        await ServeAsync(() => Task.CompletedTask);
        var view = View();

        Assert.Equal("casemate.dev/sgx=x", (await FindAsync(view, "main"))!.DynamicResources[0].ClaimResources[0].CdiDevices[0].Name);
        Assert.Null(await FindAsync(view, "other"));
        Assert.Null(await view.FindAsync("elsewhere", "pod", "main", CancellationToken.None));
        Assert.Equal((1, null), (_calls, view.Problem));
    }

    [Fact]
    public async Task SaysSo_WhenThereIsNoKubelet()
    {
        var view = View();

        Assert.Null(await FindAsync(view, "main"));
        Assert.Equal("the kubelet's pod-resources socket is not there", view.Problem);
    }

    [Fact]
    public async Task WaitsHalfASecond_AndNoLonger()
    {
        await ServeAsync(() => _never.Task);
        var view = View();
        var finding = FindAsync(view, "main");
        while (!finding.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.WhenAny(finding, Task.Delay(10));
        }

        Assert.Null(await finding);
        Assert.NotNull(view.Problem);
    }

    private string Socket => _directory.File("kubelet.sock");

    private KubeletView View() => new(
        new Casemate.Node.DevicePlugin.PodResources(Socket, TimeProvider.System), TimeSpan.FromSeconds(1), _time);

    private static Task<ContainerResources?> FindAsync(KubeletView view, string container) =>
        view.FindAsync("ns", "pod", container, CancellationToken.None).AsTask();

    private async Task ServeAsync(Func<Task> before) => _server = await RpcServer.StartAsync(
        new RpcServerOptions
        {
            SocketPath = Socket,
            Methods =
            [
                RpcMethod.Unary<ListPodResourcesRequest, ListPodResourcesResponse>(
                    KubeletMethods.ListPodResources, ListPodResourcesRequest.Parser, async (_, _) =>
                    {
                        _calls++;
                        await before();
                        return List();
                    }),
            ],
        },
        CancellationToken.None);

    private static ListPodResourcesResponse List()
    {
        var claim = new DynamicResource { ClaimResources = { new ClaimResource { CdiDevices = { new CDIDevice { Name = "casemate.dev/sgx=x" } } } } };
        var container = new ContainerResources { Name = "main", DynamicResources = { claim } };
        return new ListPodResourcesResponse { PodResources = { new PodResources { Name = "pod", Namespace = "ns", Containers = { container } } } };
    }
}
