using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Rpc.Kubelet.PodResources;
using DevicePluginEmpty = Casemate.Rpc.Kubelet.DevicePlugin.Empty;

namespace Casemate.Testing.Kubelet;

/// <summary>
/// The part of a kubelet that device plugins meet, with the manners of the real one (v1.36): it deletes every socket when it starts,
/// calls back before it answers a registration, takes 4,194,304 bytes and no more, keeps capacity for five minutes after a plugin is
/// gone, drops whoever is registered under a name when a stream of that name ends, chooses devices at random, and asks for each
/// allocation once.
/// </summary>
public sealed partial class TestKubelet : IAsyncDisposable
{
    private readonly TestKubeletOptions _options;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ResourceState> _resources = new(StringComparer.Ordinal);
    private readonly List<Task> _streams = [];
    private readonly Random _random;
    private TaskCompletionSource _change = NewChange();
    private RpcServer? _registration;
    private RpcServer? _podResources;
    private PluginWatcher? _watcher;
    private bool _stopped;

    private TestKubelet(TestKubeletOptions options)
    {
        _options = options;
        _random = new Random(options.Seed);
    }

    /// <summary>The socket that plugins register at.</summary>
    public string Socket => Path.Combine(_options.Directory, "kubelet.sock");

    /// <summary>Names of plugins of other kinds that registered by <c>plugins_registry</c>, with the sockets that serve them.</summary>
    public IReadOnlyDictionary<string, string> WatchedPlugins => _watcher?.Plugins ?? new Dictionary<string, string>();

    /// <summary>Starts a kubelet: sockets of its directory go, its checkpoint is read, and it listens.</summary>
    public static async Task<TestKubelet> StartAsync(TestKubeletOptions options)
    {
        var kubelet = new TestKubelet(options);
        Directory.CreateDirectory(options.Directory);
        foreach (var file in Directory.EnumerateFiles(options.Directory).Where(file => Path.GetFileName(file) != CheckpointName))
        {
            File.Delete(file);
        }

        kubelet.ReadCheckpoint();
        if (options.PodResourcesSocket is { } socket)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(socket)!);
            File.Delete(socket);                                           // without asking who listens: a child that a test just forked may
            kubelet._podResources = await RpcServer.StartAsync(
                new RpcServerOptions
                {
                    SocketPath = socket,
                    Methods =
                    [
                        RpcMethod.Unary<ListPodResourcesRequest, ListPodResourcesResponse>(
                            KubeletMethods.ListPodResources, ListPodResourcesRequest.Parser, async (_, _) =>
                            {
                                await options.Before(KubeletStep.ListingPods, "");
                                return kubelet.ListPods();
                            }),
                        RpcMethod.Unary<AllocatableResourcesRequest, AllocatableResourcesResponse>(
                            KubeletMethods.GetAllocatableResources, AllocatableResourcesRequest.Parser,
                            (_, _) => ValueTask.FromResult(kubelet.ListAllocatable())),
                    ],
                },
                CancellationToken.None);
        }

        kubelet._registration = await RpcServer.StartAsync(
            new RpcServerOptions
            {
                SocketPath = kubelet.Socket,
                Methods =
                [
                    RpcMethod.Unary<RegisterRequest, DevicePluginEmpty>(
                        KubeletMethods.Register, RegisterRequest.Parser, (request, _) => kubelet.RegisterAsync(request)),
                ],
            },
            CancellationToken.None);
        if (options.PluginRegistry is { } registry)
        {
            kubelet._watcher = new PluginWatcher(registry, kubelet.Pulse);
        }

        return kubelet;
    }

    /// <summary>The resource's number in <c>status.capacity</c>.</summary>
    public int Capacity(string resource)
    {
        lock (_lock)
        {
            return Find(resource) is { } state ? state.Healthy.Count + state.Unhealthy.Count : 0;
        }
    }

    /// <summary>The resource's number in <c>status.allocatable</c>.</summary>
    public int Allocatable(string resource)
    {
        lock (_lock)
        {
            return Find(resource)?.Healthy.Count ?? 0;
        }
    }

    /// <summary>Whether <c>status.capacity</c> has the resource at all: not after a plugin was gone for the grace period.</summary>
    public bool Knows(string resource)
    {
        lock (_lock)
        {
            return Find(resource) is not null;
        }
    }

    /// <summary>How often the resource was registered.</summary>
    public int Registrations(string resource) => Read(resource, state => state.Registrations);

    /// <summary>How many lists came.</summary>
    public int Lists(string resource) => Read(resource, state => state.Lists);

    /// <summary>How many streams of the resource there were at once at most: more than one loses the plugin.</summary>
    public int MostStreams(string resource) => Read(resource, state => state.MostOpenStreams);

    /// <summary>What ended the resource's last stream; null while none ended, or when it ended well.</summary>
    public Exception? LastEnd(string resource) => Read(resource, state => state.LastEnd);

    /// <summary>Waits until something is so, looking after every change.</summary>
    /// <exception cref="TimeoutException">It was not within a minute.</exception>
    public async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            Task change;
            lock (_lock)
            {
                change = _change.Task;
            }

            if (condition())
            {
                return;
            }

            // Not everything that a condition can ask about is a change of ours.
            await Task.WhenAny(change, Task.Delay(20, patience.Token));
            if (patience.IsCancellationRequested)
            {
                throw new TimeoutException("The kubelet did not see within a minute what the test waits for.");
            }
        }
    }

    /// <summary>Waits until a resource has so many healthy devices.</summary>
    public Task UntilAllocatableAsync(string resource, int count) => UntilAsync(() => Allocatable(resource) == count);

    /// <summary>Ends like a killed process: connections break, sockets stay behind dead.</summary>
    public async Task KillAsync()
    {
        foreach (var socket in new[] { Socket, _options.PodResourcesSocket })
        {
            if (socket is not null && File.Exists(socket))
            {
                File.Move(socket, socket + ".dead");
            }
        }

        await DisposeAsync();
        foreach (var socket in new[] { Socket, _options.PodResourcesSocket })
        {
            if (socket is not null && File.Exists(socket + ".dead"))
            {
                File.Move(socket + ".dead", socket);
            }
        }
    }

    /// <summary>Stops: sockets go, containers stay.</summary>
    public async ValueTask DisposeAsync()
    {
        List<PluginClient> clients;
        List<Task> streams;
        lock (_lock)
        {
            if (_stopped)
            {
                return;
            }

            _stopped = true;
            clients = [.. _resources.Values.Select(state => state.Client).OfType<PluginClient>()];
            streams = [.. _streams];
        }

        _watcher?.Dispose();
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }

        await StopAsync(_registration);
        await StopAsync(_podResources);
        await Task.WhenAll(streams);
    }

    // At once: the real process is not waited for either.
    private static Task StopAsync(RpcServer? server) => server?.StopAsync(new CancellationToken(canceled: true)) ?? Task.CompletedTask;

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Pulse()
    {
        TaskCompletionSource change;
        lock (_lock)
        {
            change = _change;
            _change = NewChange();
        }

        change.TrySetResult();
    }

    private T Read<T>(string resource, Func<ResourceState, T> value)
    {
        lock (_lock)
        {
            return _resources.TryGetValue(resource, out var state) ? value(state) : default!;
        }
    }

    // A resource is forgotten when its plugin was gone for the grace period.
    private ResourceState? Find(string resource) =>
        _resources.TryGetValue(resource, out var state)
        && !(state.Stopped is { } stopped && _options.Time.GetUtcNow() - stopped > _options.EndpointGrace)
            ? state
            : null;
}
