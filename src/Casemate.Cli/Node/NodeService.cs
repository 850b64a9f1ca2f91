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

    private readonly NodeServiceOptions _options;
    private readonly ILogger _logger;
    private readonly Meter _meter = new(MeterName);
    private DeviceChanges? _changes;
    private KernelLogDevice? _kernelLog;
    private KubeClient? _client;
    private ClusterLink? _link;
    private PrometheusText? _metrics;
    private HealthEndpoint? _health;
    private volatile NodeAgent? _agent;

    private NodeService(NodeServiceOptions options, ILogger logger) => (_options, _logger) = (options, logger);

    /// <summary>The agent, of a service that has started.</summary>
    public NodeAgent Agent => _agent ?? throw new InvalidOperationException("The service has not started.");

    /// <summary>Starts everything.</summary>
    /// <exception cref="ServeStartException">An option cannot be used, or the address is taken.</exception>
    public static async Task<NodeService> StartAsync(
        NodeServiceOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var service = new NodeService(options, loggers.CreateLogger("Casemate.Node"));
        try
        {
            await service.OpenAsync(loggers, time, cancellationToken);
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
        await (_agent?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_health?.StopAsync(cancellationToken) ?? Task.CompletedTask);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await (_link?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_agent?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_health?.DisposeAsync() ?? ValueTask.CompletedTask);
        _changes?.Dispose();
        _kernelLog?.Dispose();
        _client?.Dispose();
        _metrics?.Dispose();
        _meter.Dispose();
    }

    private async Task OpenAsync(ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        _client = _options.Cluster is { } cluster
            ? new KubeClient(cluster, new KubeClientOptions { FieldManager = FieldManager, Time = time, Logger = _logger })
            : null;
        var wanted = _options.Agent with { Dra = _options.Agent.Advertisement.Dra && _client is not null ? DraOf(_options, _client) : null };
        var problems = wanted.Problems().Concat(_client is null ? [] : _options.NodeObject.Problems()).Distinct().ToImmutableArray();
        if (!problems.IsEmpty)
        {
            throw new ServeStartException(problems);
        }

        _changes = _options.HardwareRoots is { } roots ? new DeviceChanges(roots) : null;
        _kernelLog = _changes is null ? null : OpenKernelLog(Path.Combine(_options.HardwareRoots!.Dev, "kmsg"));
        _link = _client is null ? null : new ClusterLink(_client, LinkOptions(_options, time, _logger), _logger);

        // Listens before the agent starts: what is counted while nobody does is lost.
        _metrics = new PrometheusText(_link is null ? [_meter] : [_meter, _link.Meter]);
        var health = Task.Run(() => ServeHealthAsync(_metrics, loggers, time, cancellationToken), cancellationToken);
        try
        {
            _agent = await NodeAgent.StartAsync(
                wanted with
                {
                    Meter = _meter,
                    DeviceChanges = _changes,
                    KernelLog = _kernelLog,
                    Notify = _link is null ? wanted.Notify : _link.Notify,
                },
                loggers, time, cancellationToken);
            _link?.Start(_agent);
            TellWithoutCluster(_agent);
        }
        finally
        {
            await health;
        }
    }

    // While the agent looks at the hardware. A port that is taken is one reason not to start, and the agent's is the other.
    private async Task ServeHealthAsync(PrometheusText metrics, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        if (_options.Health is { } address)
        {
            _health = await HealthEndpoint.StartAsync(
                address, metrics, WhyNotReady, time, loggers, cancellationToken, NodePages.Of(() => _agent, _options.Title));
        }
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

    private void TellWithoutCluster(NodeAgent agent)
    {
        if (_options.WithoutCluster is not { } why)
        {
            return;
        }

        NodeServiceLog.NoCluster(_logger, why);
        foreach (var flag in _options.WithoutEffect)
        {
            NodeServiceLog.NoEffect(_logger, flag, why);
        }

        foreach (var amount in agent.State.Plan.Resources.Where(resource => resource.Carrier is ResourceCarrier.NodeStatus))
        {
            NodeServiceLog.AmountNotWritten(_logger, amount.Name);
        }
    }

    private KernelLogDevice? OpenKernelLog(string path)
    {
        var log = KernelLogDevice.TryOpen(path, out var problem);
        if (log is null)
        {
            NodeServiceLog.NoKernelLog(_logger, problem);
        }

        return log;
    }

    private string? WhyNotReady() => _agent is not { } agent ? "not ready: the agent is starting"
        : agent.WhyNotReady is { } why ? $"not ready: {why}"
        : _link?.Problem is { } problem ? $"not ready: the Node object: {problem}" : null;
}
