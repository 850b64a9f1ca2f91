using System.Net.Sockets;
using Casemate.Rpc.Nri;
using Google.Protobuf;

namespace Casemate.Testing.Kubelet;

/// <summary>
/// The part of a container runtime that NRI plugins meet, with the manners of containerd's: it listens on a socket, has plugins register,
/// configures them, tells them what runs, asks them one after the other about each container that it creates, fails the creation when one
/// answers with an error or sets what another has set, and drops one that does not answer in time, creating the container without it. It does
/// not serve UpdateContainers, by which a plugin can stop containerd's for good.
/// Framing and envelopes are its own, made from the protocol and not from the code under test.
/// </summary>
public sealed class TestRuntime : IAsyncDisposable
{
    private readonly TestRuntimeOptions _options;
    private readonly Socket _listener;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _asking = new(1);
    private readonly List<Task> _running = [];
    private readonly Dictionary<string, PodSandbox> _pods = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Container> _containers = new(StringComparer.Ordinal);
    private TaskCompletionSource<string> _synchronized = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RuntimePlugin? _plugin;

    private TestRuntime(TestRuntimeOptions options)
    {
        _options = options;
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    }

    /// <summary>Connections so far.</summary>
    public int Connections { get; private set; }

    /// <summary>Messages that told the plugin what runs.</summary>
    public int SynchronizeMessages { get; private set; }

    /// <summary>True while a plugin is asked.</summary>
    public bool HasPlugin
    {
        get
        {
            lock (_lock)
            {
                return _plugin is not null;
            }
        }
    }

    /// <summary>Every message that the plugin sent on its connection at present.</summary>
    public IReadOnlyList<RuntimeMessage> PluginMessages
    {
        get
        {
            lock (_lock)
            {
                return [.. _plugin?.Sent ?? []];
            }
        }
    }

    /// <summary>Starts a runtime; a socket that an earlier one left is replaced.</summary>
    /// <param name="options">How it behaves.</param>
    /// <param name="running">Pods and containers that an earlier one left running.</param>
    public static TestRuntime Start(TestRuntimeOptions options, params (PodSandbox Pod, Container Container)[] running)
    {
        var runtime = new TestRuntime(options);
        foreach (var (pod, container) in running)
        {
            runtime._pods[pod.Id] = pod;
            runtime._containers[container.Id] = container;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(options.Socket)!);
        File.Delete(options.Socket);
        runtime._listener.Bind(new UnixDomainSocketEndPoint(options.Socket));
        runtime._listener.Listen(8);
        runtime._running.Add(Task.Run(runtime.AcceptAsync));
        return runtime;
    }

    /// <summary>Ends when a plugin knows what runs and is asked from then on: its index and name.</summary>
    public Task<string> PluginAsync()
    {
        lock (_lock)
        {
            return _synchronized.Task;
        }
    }

    /// <summary>What a container's cgroup has been told: files and contents.</summary>
    public IReadOnlyDictionary<string, string> Unified(string container)
    {
        lock (_lock)
        {
            return new Dictionary<string, string>(_containers[container].Linux?.Resources?.Unified ?? []);
        }
    }

    /// <summary>A container ends and is gone; plugins that did not ask are not told.</summary>
    public void Remove(string container)
    {
        lock (_lock)
        {
            _containers.Remove(container);
        }
    }

    /// <summary>Creates a container.</summary>
    /// <exception cref="ContainerRefusedException">It is not created.</exception>
    public async Task<Container> CreateAsync(PodSandbox pod, Container container)
    {
        await _asking.WaitAsync();
        try
        {
            container.PodSandboxId = pod.Id;
            container.State = ContainerState.ContainerCreated;
            if (await AskAsync(pod, container) is { Adjust.Linux.Resources: { } resources })
            {
                container.Linux ??= new LinuxContainer();
                container.Linux.Resources ??= new LinuxResources();
                foreach (var (file, content) in resources.Unified)
                {
                    if (!container.Linux.Resources.Unified.TryAdd(file, content))
                    {
                        throw new ContainerRefusedException($"plugins both tried to set CgroupsUnified ({file})");
                    }
                }
            }

            container.State = ContainerState.ContainerRunning;
            lock (_lock)
            {
                _pods[pod.Id] = pod;
                _containers[container.Id] = container;
            }

            return container;
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <summary>Ends, and every plugin sees its connection closed. Containers go on.</summary>
    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        File.Delete(_options.Socket);
        lock (_lock)
        {
            _plugin?.Dispose();
        }

        await Task.WhenAll(_running);
        _asking.Dispose();
    }

    private async Task<CreateContainerResponse?> AskAsync(PodSandbox pod, Container container)
    {
        RuntimePlugin? plugin;
        lock (_lock)
        {
            plugin = _plugin;
        }

        if (plugin is null)
        {
            return null;
        }

        try
        {
            return await plugin.CallAsync(
                "CreateContainer", new CreateContainerRequest { Pod = pod, Container = container }, CreateContainerResponse.Parser,
                _options.CreateTimeout ?? _options.RequestTimeout);
        }
        catch (Exception e) when (e is TimeoutException or IOException or SocketException or InvalidDataException or ObjectDisposedException)
        {
            Drop(plugin);
            return null;
        }
    }

    private void Drop(RuntimePlugin plugin)
    {
        plugin.Dispose();
        lock (_lock)
        {
            if (_plugin == plugin)
            {
                _plugin = null;
                _synchronized = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            lock (_lock)
            {
                Connections++;
                _running.RemoveAll(task => task.IsCompletedSuccessfully);
                _running.Add(Task.Run(() => ServeAsync(new RuntimePlugin(socket))));
            }
        }
    }

    private async Task ServeAsync(RuntimePlugin plugin)
    {
        var running = plugin.RunAsync();
        try
        {
            var name = await plugin.Registered.Task.WaitAsync(_options.RequestTimeout);
            var configured = await plugin.CallAsync(
                "Configure",
                new ConfigureRequest
                {
                    RuntimeName = _options.Name,
                    RuntimeVersion = _options.Version,
                    RegistrationTimeout = 5000,
                    RequestTimeout = (long)_options.RequestTimeout.TotalMilliseconds,
                },
                ConfigureResponse.Parser, _options.RequestTimeout);
            if ((configured.Events & ~((1 << (_options.LastEvent - 1)) - 1)) != 0)
            {
                throw new InvalidDataException($"invalid plugin events: 0x{configured.Events:x}");
            }

            await _asking.WaitAsync();
            try
            {
                await SynchronizeAsync(plugin);
                lock (_lock)
                {
                    _plugin = plugin;
                    _synchronized.TrySetResult(name);
                }
            }
            finally
            {
                _asking.Release();
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            plugin.Dispose();
        }

        await running;
        Drop(plugin);
    }

    // Whole, or in halves of halves when a message would be too long; the plugin has to say that it understands parts.
    private async Task SynchronizeAsync(RuntimePlugin plugin)
    {
        List<PodSandbox> pods;
        List<Container> containers;
        lock (_lock)
        {
            (pods, containers) = ([.. _pods.Values], [.. _containers.Values]);
        }

        var (podsAtOnce, containersAtOnce) = (pods.Count, containers.Count);
        while (true)
        {
            var request = new SynchronizeRequest { Pods = { pods.Take(podsAtOnce) }, Containers = { containers.Take(containersAtOnce) } };
            request.More = pods.Count > podsAtOnce || containers.Count > containersAtOnce;
            if (request.CalculateSize() > _options.LongestRequest)
            {
                (podsAtOnce, containersAtOnce) = (Math.Max(4, podsAtOnce / 2), Math.Max(4, containersAtOnce / 2));
                continue;
            }

            SynchronizeMessages++;
            var answer = await plugin.CallAsync("Synchronize", request, SynchronizeResponse.Parser, _options.RequestTimeout);
            if (!request.More)
            {
                Apply(answer.Update);
                return;
            }

            if (answer.Update.Count > 0 || !answer.More)
            {
                throw new InvalidDataException("plugin does not handle split sync requests");
            }

            pods.RemoveRange(0, Math.Min(podsAtOnce, pods.Count));
            containers.RemoveRange(0, Math.Min(containersAtOnce, containers.Count));
        }
    }

    // What cannot be done, for the container is not there, is passed over, as in containerd after Synchronize.
    private void Apply(IEnumerable<ContainerUpdate> updates)
    {
        lock (_lock)
        {
            foreach (var update in updates)
            {
                if (!_containers.TryGetValue(update.ContainerId, out var container))
                {
                    continue;
                }

                container.Linux ??= new LinuxContainer();
                container.Linux.Resources ??= new LinuxResources();
                foreach (var (file, content) in update.Linux.Resources.Unified)
                {
                    container.Linux.Resources.Unified[file] = content;
                }
            }
        }
    }
}
