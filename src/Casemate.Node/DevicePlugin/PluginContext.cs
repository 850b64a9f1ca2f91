using Casemate.Node.Discovery;
using Casemate.Node.Ledger;
using Casemate.Node.Metrics;
using Microsoft.Extensions.Logging;

namespace Casemate.Node.DevicePlugin;

/// <summary>What the plugins of all resources share.</summary>
internal sealed class PluginContext
{
    private volatile SgxHardware? _sgx;

    /// <summary>The directory with the kubelet's socket and ours.</summary>
    public required KubeletDirectory Directory { get; init; }

    /// <summary>Who holds what.</summary>
    public required AllocationBook Book { get; init; }

    /// <summary>The account behind it.</summary>
    public required EpcLedger Ledger { get; init; }

    /// <summary>Makes answers.</summary>
    public required ContainerGrants Grants { get; init; }

    /// <summary>Counts.</summary>
    public required NodeMetrics Metrics { get; init; }

    /// <summary>Keeps the plugins running.</summary>
    public required Upkeep Upkeep { get; init; }

    /// <summary>Makes loggers.</summary>
    public required ILoggerFactory Loggers { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Makes sure that the ledger knows what is held already, within the time that the kubelet may be kept waiting.</summary>
    public required Func<CancellationToken, ValueTask> EnsureLedgerAsync { get; init; }

    /// <summary>The node's SGX at this moment; null when there is none.</summary>
    public SgxHardware? Sgx
    {
        get => _sgx;
        set => _sgx = value;
    }
}
