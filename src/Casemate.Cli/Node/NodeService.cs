using System.Collections.Immutable;
using Casemate.Kubernetes;
using Casemate.Node;
using Casemate.Node.Discovery;
using Casemate.Node.Dra;
using Casemate.Node.Health;
using Casemate.Serve;
using Microsoft.Extensions.Logging;

namespace Casemate.Cli.Node;

/// <summary>
/// The node agent with its health endpoint. Whatever else runs on a node beside it, such as the writer of the Node object, is started and
/// stopped here as well: it takes <see cref="Agent"/>.
/// </summary>
internal sealed class NodeService : IRunningService
{
    private readonly DeviceChanges? _changes;
    private readonly KernelLogDevice? _kernelLog;
    private readonly KubeClient? _client;
    private HealthEndpoint? _health;

    private NodeService(NodeAgent agent, DeviceChanges? changes, KernelLogDevice? kernelLog, KubeClient? client) =>
        (Agent, _changes, _kernelLog, _client) = (agent, changes, kernelLog, client);

    /// <summary>The agent.</summary>
    public NodeAgent Agent { get; }

    /// <summary>Starts everything.</summary>
    /// <exception cref="ServeStartException">An option cannot be used, or the address is taken.</exception>
    public static async Task<NodeService> StartAsync(
        NodeServiceOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var logger = loggers.CreateLogger("Casemate.Node");
        var dra = options.Agent.Advertisement.Dra ? OpenDra(options, time, logger) : null;
        if ((options.Agent with { Dra = dra }).Problems().ToImmutableArray() is { IsEmpty: false } problems)
        {
            dra?.Client.Dispose();
            throw new ServeStartException(problems);
        }

        var changes = options.HardwareRoots is { } roots ? new DeviceChanges(roots) : null;
        var kernelLog = changes is null ? null : OpenKernelLog(Path.Combine(options.HardwareRoots!.Dev, "kmsg"), logger);
        var agent = await NodeAgent.StartAsync(
            options.Agent with { DeviceChanges = changes, KernelLog = kernelLog, Dra = dra }, loggers, time, cancellationToken);
        var service = new NodeService(agent, changes, kernelLog, dra?.Client);
        try
        {
            service._health = options.Health is { } address
                ? await HealthEndpoint.StartAsync(
                    address, [agent.Meter], service.WhyNotReady, time, loggers, cancellationToken, NodePages.Of(agent, options.Title))
                : null;
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await Agent.DisposeAsync();
        await (_health?.StopAsync(cancellationToken) ?? Task.CompletedTask);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Agent.DisposeAsync();
        await (_health?.DisposeAsync() ?? ValueTask.CompletedTask);
        _changes?.Dispose();
        _kernelLog?.Dispose();
        _client?.Dispose();
    }

    private static DraSettings OpenDra(NodeServiceOptions options, TimeProvider time, ILogger logger)
    {
        try
        {
            var settings = new DraSettings
            {
                Client = new KubeClient(KubeConfiguration.Load(options.Kubeconfig), new KubeClientOptions { Time = time, Logger = logger }),
                PluginDirectory = Path.Combine(options.KubeletDirectory, "plugins"),
                RegistryDirectory = Path.Combine(options.KubeletDirectory, "plugins_registry"),
            };
            return options.Agent.DevicePlugin.CdiDirectory is { } cdi ? settings with { CdiDirectory = cdi } : settings;
        }
        catch (KubeConfigurationException e)
        {
            throw new ServeStartException([$"--dra needs the API server: {e.Message}"], e);
        }
    }

    private static KernelLogDevice? OpenKernelLog(string path, ILogger logger)
    {
        var log = KernelLogDevice.TryOpen(path, out var problem);
        if (log is null)
        {
            NodeServiceLog.NoKernelLog(logger, problem);
        }

        return log;
    }

    private string? WhyNotReady() => Agent.WhyNotReady is { } why ? $"not ready: {why}" : null;
}
