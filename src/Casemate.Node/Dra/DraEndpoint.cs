using Casemate.Node.DevicePlugin;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.Dra;
using Casemate.Rpc.Kubelet.DraHealth;
using Casemate.Rpc.Kubelet.Registration;

namespace Casemate.Node.Dra;

/// <summary>
/// The two sockets by which the kubelet finds and calls the driver: the service first, then the registration, so that the kubelet never
/// finds a driver that does not answer. A socket that somebody deleted is made anew.
/// </summary>
internal sealed class DraEndpoint(DraContext context, ClaimPreparer preparer, DraHealthFeed health) : IAsyncDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    private RpcServer? _service;
    private RpcServer? _registration;
    private string? _problem;

    /// <summary>The kubelet took the registration.</summary>
    public bool Registered { get; private set; }

    /// <summary>Why it did not; null when it did, or did not say anything yet.</summary>
    public string? RegistrationError { get; private set; }

    private string ServicePath => Path.Combine(context.Settings.Home, DraNames.ServiceSocket);

    private string RegistrationPath => Path.Combine(context.Settings.RegistryDirectory, DraNames.RegistrationSocket);

    /// <summary>Serves until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var registry = new KubeletDirectory(
            context.Settings.RegistryDirectory, context.Plugin.PollInterval, context.Time, context.Logger);
        using var home = new KubeletDirectory(context.Settings.Home, context.Plugin.PollInterval, context.Time, context.Logger);
        while (true)
        {
            var change = Task.WhenAny(registry.NextChange, home.NextChange);
            var isServing = await EnsureAsync(stopping).ConfigureAwait(false);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            await Task.WhenAny(change, Task.Delay(isServing ? Timeout.InfiniteTimeSpan : RetryInterval, context.Time, either.Token))
                .ConfigureAwait(false);
            await either.CancelAsync().ConfigureAwait(false);
            stopping.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Serves on both sockets, if they are not there already.</summary>
    /// <returns>False when that is not possible at present.</returns>
    public async Task<bool> EnsureAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_service is not { SocketExists: true })
            {
                await StopAsync().ConfigureAwait(false);
                Directory.CreateDirectory(context.Settings.Home);
                Directory.CreateDirectory(context.Settings.RegistryDirectory);
                _service = await ListenAsync(ServicePath, ServiceMethods(), cancellationToken).ConfigureAwait(false);
                DraLog.Serving(context.Logger, ServicePath);
            }

            if (_registration is not { SocketExists: true })
            {
                await StopRegistrationAsync().ConfigureAwait(false);
                _registration = await ListenAsync(RegistrationPath, RegistrationMethods(), cancellationToken).ConfigureAwait(false);
            }

            _problem = null;
            return true;
        }
        catch (Exception e) when (e is RpcEndpointException or IOException or UnauthorizedAccessException)
        {
            if (_problem != e.Message)
            {
                DraLog.NotServing(context.Logger, e.Message);
            }

            _problem = e.Message;
            return false;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    private Task<RpcServer> ListenAsync(string path, IReadOnlyList<RpcMethod> methods, CancellationToken cancellationToken) =>
        RpcServer.StartAsync(
            new RpcServerOptions
            {
                SocketPath = path,
                Methods = methods,
                StopPatience = StopPatience,
                Time = context.Time,
                LoggerFactory = context.Loggers,
            },
            cancellationToken);

    private RpcMethod[] ServiceMethods() =>
    [
        RpcMethod.Unary<NodePrepareResourcesRequest, NodePrepareResourcesResponse>(
            KubeletMethods.NodePrepareResources, NodePrepareResourcesRequest.Parser,
            async (request, call) => await preparer.PrepareAsync(request, call.CancellationToken).ConfigureAwait(false)),
        RpcMethod.Unary<NodeUnprepareResourcesRequest, NodeUnprepareResourcesResponse>(
            KubeletMethods.NodeUnprepareResources, NodeUnprepareResourcesRequest.Parser,
            async (request, call) => await preparer.UnprepareAsync(request, call.CancellationToken).ConfigureAwait(false)),
        RpcMethod.ServerStream<NodeWatchResourcesRequest, NodeWatchResourcesResponse>(
            KubeletMethods.NodeWatchResources, NodeWatchResourcesRequest.Parser, health.WatchAsync),
    ];

    private RpcMethod[] RegistrationMethods() =>
    [
        RpcMethod.Unary<InfoRequest, PluginInfo>(
            KubeletMethods.GetInfo, InfoRequest.Parser,
            (_, _) => ValueTask.FromResult(new PluginInfo
            {
                Type = "DRAPlugin", Name = DraNames.Driver, Endpoint = ServicePath, SupportedVersions = { DraNames.Service },
            })),
        RpcMethod.Unary<RegistrationStatus, RegistrationStatusResponse>(
            KubeletMethods.NotifyRegistrationStatus, RegistrationStatus.Parser, (status, _) => ValueTask.FromResult(Note(status))),
    ];

    // A kubelet that registers the driver may have started, and then deleted the slices of its node.
    private RegistrationStatusResponse Note(RegistrationStatus status)
    {
        Registered = status.PluginRegistered;
        RegistrationError = status.PluginRegistered ? null : status.Error.Length > 0 ? status.Error : "the kubelet gave no reason";
        if (status.PluginRegistered)
        {
            DraLog.Registered(context.Logger, DraNames.Driver);
        }
        else
        {
            DraLog.NotRegistered(context.Logger, DraNames.Driver, RegistrationError!);
        }

        context.Pulse();
        context.Progressed();
        return new RegistrationStatusResponse();
    }

    // The registration goes first: the kubelet then calls no more.
    private async Task StopAsync()
    {
        await StopRegistrationAsync().ConfigureAwait(false);
        await (_service?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
        _service = null;
    }

    private async Task StopRegistrationAsync()
    {
        Registered = false;
        await (_registration?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
        _registration = null;
    }
}
