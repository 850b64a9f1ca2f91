using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Casemate.Kubernetes;
using Casemate.Node;
using Casemate.Node.Advertisement;
using Casemate.Node.Cluster;
using Casemate.Node.Discovery;
using Casemate.Node.Dra;
using Casemate.Node.Health;
using Casemate.Node.NodeObject;
using Casemate.Serve;
using Casemate.Serve.Metrics;
using Microsoft.Extensions.Logging;

namespace Casemate.Cli.Node;

/// <summary>
/// The node agent with its health endpoint and, where a cluster is named, the link to its Node object. One client serves that link and the
/// DRA driver.
/// </summary>
internal sealed class NodeService : IRunningService
{
    /// <summary>In whose name the agent writes fields of objects; what it wrote is known by it.</summary>
    public const string FieldManager = NodeMarks.FieldManager;

    private const string MeterName = "Casemate.Node";

    private readonly DeviceChanges? _changes;
    private readonly KernelLogDevice? _kernelLog;
    private readonly KubeClient? _client;
    private readonly ClusterLink? _link;
    private HealthEndpoint? _health;

    private readonly Meter _meter;
    private readonly PrometheusText _metrics;

    private NodeService(
        NodeAgent agent, DeviceChanges? changes, KernelLogDevice? kernelLog, KubeClient? client, ClusterLink? link, Meter meter,
        PrometheusText metrics)
    {
        (Agent, _changes, _kernelLog, _client, _link) = (agent, changes, kernelLog, client, link);
        (_meter, _metrics) = (meter, metrics);
    }

    /// <summary>The agent.</summary>
    public NodeAgent Agent { get; }

    /// <summary>Starts everything.</summary>
    /// <exception cref="ServeStartException">An option cannot be used, or the address is taken.</exception>
    public static async Task<NodeService> StartAsync(
        NodeServiceOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var logger = loggers.CreateLogger("Casemate.Node");
        var client = options.Cluster is { } cluster
            ? new KubeClient(cluster, new KubeClientOptions { FieldManager = FieldManager, Time = time, Logger = logger })
            : null;
        DeviceChanges? changes = null;
        KernelLogDevice? kernelLog = null;
        ClusterLink? link = null;
        PrometheusText? metrics = null;
        NodeAgent agent;
        var meter = new Meter(MeterName);
        try
        {
            var wanted = options.Agent with { Dra = options.Agent.Advertisement.Dra && client is not null ? DraOf(options, client) : null };
            var problems = wanted.Problems().Concat(client is null ? [] : options.NodeObject.Problems()).Distinct().ToImmutableArray();
            if (!problems.IsEmpty)
            {
                throw new ServeStartException(problems);
            }

            changes = options.HardwareRoots is { } roots ? new DeviceChanges(roots) : null;
            kernelLog = changes is null ? null : OpenKernelLog(Path.Combine(options.HardwareRoots!.Dev, "kmsg"), logger);
            link = client is null ? null : new ClusterLink(client, LinkOptions(options, time, logger), logger);

            // Listens before the agent starts: what is counted while nobody does is lost.
            metrics = new PrometheusText(link is null ? [meter] : [meter, link.Meter]);
            agent = await NodeAgent.StartAsync(
                wanted with { Meter = meter, DeviceChanges = changes, KernelLog = kernelLog, Notify = link is null ? wanted.Notify : link.Notify },
                loggers, time, cancellationToken);
        }
        catch
        {
            await (link?.DisposeAsync() ?? ValueTask.CompletedTask);
            client?.Dispose();
            changes?.Dispose();
            kernelLog?.Dispose();
            metrics?.Dispose();
            meter.Dispose();
            throw;
        }

        var service = new NodeService(agent, changes, kernelLog, client, link, meter, metrics);
        try
        {
            link?.Start(agent);
            TellWithoutCluster(options, agent, logger);
            service._health = options.Health is { } address
                ? await HealthEndpoint.StartAsync(
                    address, metrics, service.WhyNotReady, time, loggers, cancellationToken, NodePages.Of(agent, options.Title))
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
        await (_link?.DisposeAsync() ?? ValueTask.CompletedTask);
        await Agent.DisposeAsync();
        await (_health?.StopAsync(cancellationToken) ?? Task.CompletedTask);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await (_link?.DisposeAsync() ?? ValueTask.CompletedTask);
        await Agent.DisposeAsync();
        await (_health?.DisposeAsync() ?? ValueTask.CompletedTask);
        _changes?.Dispose();
        _kernelLog?.Dispose();
        _client?.Dispose();
        _metrics.Dispose();
        _meter.Dispose();
    }

    private static ClusterLinkOptions LinkOptions(NodeServiceOptions options, TimeProvider time, ILogger logger) => new()
    {
        Node = options.NodeObject,
        Quotes = options.QuoteHelper is { } helper ? new HelperReadiness(helper) : null,
        Attestation = options is { Attestation: { } attestation, QuoteHelper: { } socket }
            ? new ServiceAttestation(attestation, socket, time, logger)
            : null,
    };

    private static DraSettings DraOf(NodeServiceOptions options, KubeClient client)
    {
        var settings = new DraSettings
        {
            Client = client,
            PluginDirectory = Path.Combine(options.KubeletDirectory, "plugins"),
            RegistryDirectory = Path.Combine(options.KubeletDirectory, "plugins_registry"),
        };
        return options.Agent.DevicePlugin.CdiDirectory is { } cdi ? settings with { CdiDirectory = cdi } : settings;
    }

    private static void TellWithoutCluster(NodeServiceOptions options, NodeAgent agent, ILogger logger)
    {
        if (options.WithoutCluster is not { } why)
        {
            return;
        }

        NodeServiceLog.NoCluster(logger, why);
        foreach (var flag in options.WithoutEffect)
        {
            NodeServiceLog.NoEffect(logger, flag, why);
        }

        foreach (var amount in agent.State.Plan.Resources.Where(resource => resource.Carrier is ResourceCarrier.NodeStatus))
        {
            NodeServiceLog.AmountNotWritten(logger, amount.Name);
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

    private string? WhyNotReady() => Agent.WhyNotReady is { } why
        ? $"not ready: {why}"
        : _link?.Problem is { } problem ? $"not ready: the Node object: {problem}" : null;
}
