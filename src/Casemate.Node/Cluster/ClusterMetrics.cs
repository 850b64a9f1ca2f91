using System.Diagnostics.Metrics;
using Casemate.Node.NodeObject;

namespace Casemate.Node.Cluster;

/// <summary>What is measured of the Node object.</summary>
internal sealed class ClusterMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Casemate.Node.Cluster";

    private readonly Func<NodeObjectStatus> _status;

    public ClusterMetrics(string node, Func<NodeObjectStatus> status)
    {
        _status = status;
        var label = new KeyValuePair<string, object?>("node", node);
        Gauge("casemate_node_object_settled", "1 while the Node shows everything that it shall.", status => status.IsSettled);
        Gauge("casemate_node_attested", "1 while the node is attested.", status => status.IsAttested);
        Gauge("casemate_node_closed", "1 while the startup taint keeps pods away.", status => status.IsClosed);
        Gauge("casemate_node_stuck", "1 when the startup deadline passed and the node is still closed.", status => status.IsStuck);
        Meter.CreateObservableCounter(
            "casemate_node_capacity_restores_total", () => new Measurement<long>(_status().Restores, label), "{write}",
            "Amounts that were written into the Node's status.");

        void Gauge(string name, string description, Func<NodeObjectStatus, bool> read) =>
            Meter.CreateObservableGauge(name, () => new Measurement<long>(read(_status()) ? 1 : 0, label), null, description);
    }

    /// <summary>The meter, for whoever collects.</summary>
    public Meter Meter { get; } = new(MeterName);

    public void Dispose() => Meter.Dispose();
}
