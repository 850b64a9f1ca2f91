using System.Collections.Concurrent;
using Casemate.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Casemate.Admission;

/// <summary>Keeps what is known of nodes and namespaces, by watching them. Only what is needed of each stays in memory.</summary>
public sealed class ClusterWatch : IAsyncDisposable
{
    private readonly Informer _nodes;
    private readonly Informer _namespaces;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, NamespaceFacts> _optedIn = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NodeOffer> _offers = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private volatile ClusterFacts _facts = ClusterFacts.Unknown;

    /// <summary>Begins to watch.</summary>
    /// <param name="client">The API server; stays the caller's.</param>
    /// <param name="logger">Hears how many nodes offer EPC.</param>
    public ClusterWatch(KubeClient client, ILogger logger)
    {
        _logger = logger;
        _nodes = new Informer(client, KubeResource.Nodes) { Keep = KubeObject.IdentityOf };
        _namespaces = new Informer(client, KubeResource.Namespaces) { Keep = KubeObject.IdentityOf };
        _running = Task.WhenAll(WatchNodesAsync(), WatchNamespacesAsync());
    }

    /// <summary>The nodes as last told.</summary>
    public ClusterFacts Facts => _facts;

    /// <summary>One line: why the cluster is not known yet, or not any more; null when it is.</summary>
    public string? Problem => _nodes.Problem is { } nodes ? $"nodes: {nodes}"
        : _namespaces.Problem is { } namespaces ? $"namespaces: {namespaces}"
        : !_nodes.IsSynced || !_namespaces.IsSynced ? "the first list of nodes and namespaces is not there yet"
        : null;

    /// <summary>True after the first lists: later problems do not make what is known useless.</summary>
    public bool IsSynced => _nodes.IsSynced && _namespaces.IsSynced;

    /// <summary>A namespace as last told.</summary>
    public NamespaceFacts Namespace(string name) => _optedIn.TryGetValue(name, out var facts) ? facts : new NamespaceFacts(name);

    /// <summary>Stops watching.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }
    }

    private async Task WatchNodesAsync()
    {
        await foreach (var change in _nodes.RunAsync(_stop.Token).ConfigureAwait(false))
        {
            if (change.Type is InformerChangeType.Synced)
            {
                AdmissionLog.NodesKnown(_logger, _offers.Values.Count(node => node.Family is not null));
            }
            else if (change.Type is InformerChangeType.Deleted)
            {
                _offers.Remove(change.Object!.Name);
            }
            else
            {
                _offers[change.Object!.Name] = NodeOffer.Read(change.Object);
            }

            // Before the first list is complete, a choice among some of the nodes would be a wrong one.
            if (_nodes.IsSynced)
            {
                _facts = new ClusterFacts([.. _offers.Values.OrderBy(node => node.Name, StringComparer.Ordinal)]);
            }
        }
    }

    private async Task WatchNamespacesAsync()
    {
        await foreach (var change in _namespaces.RunAsync(_stop.Token).ConfigureAwait(false))
        {
            if (change.Object is not { } value)
            {
                continue;
            }

            var optsIn = change.Type is not InformerChangeType.Deleted
                && value.Annotations.TryGetValue(PodNames.AesmAddress, out var word) && word is "true" or "1";
            if (optsIn)
            {
                _optedIn[value.Name] = new NamespaceFacts(value.Name) { SetsAesmAddress = true };
            }
            else
            {
                _optedIn.TryRemove(value.Name, out _);
            }
        }
    }
}
