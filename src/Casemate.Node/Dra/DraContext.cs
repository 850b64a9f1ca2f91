using Casemate.Node.DevicePlugin;
using Casemate.Node.Metrics;
using Microsoft.Extensions.Logging;

namespace Casemate.Node.Dra;

/// <summary>What the parts of the driver share.</summary>
internal sealed class DraContext
{
    private readonly Lock _lock = new();
    private DraCatalog _catalog = DraCatalog.Empty;
    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The node's name, and that of its pool.</summary>
    public required string NodeName { get; init; }

    /// <summary>Settings of the driver.</summary>
    public required DraSettings Settings { get; init; }

    /// <summary>Settings of what containers get.</summary>
    public required DevicePluginSettings Plugin { get; init; }

    /// <summary>Who holds what.</summary>
    public required AllocationBook Book { get; init; }

    /// <summary>Makes sure that the ledger knows what is held already.</summary>
    public required Func<CancellationToken, ValueTask> EnsureLedgerAsync { get; init; }

    /// <summary>Where the log goes.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>Makes loggers.</summary>
    public required ILoggerFactory Loggers { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Keeps the driver's parts running.</summary>
    public required Upkeep Upkeep { get; init; }

    /// <summary>Counts; null: nobody does.</summary>
    public NodeMetrics? Metrics { get; init; }

    /// <summary>Told when registration or publication made progress, or lost it.</summary>
    public Action Progressed { get; init; } = () => { };

    /// <summary>What is offered at this moment.</summary>
    public DraCatalog Catalog
    {
        get
        {
            lock (_lock)
            {
                return _catalog;
            }
        }

        set
        {
            lock (_lock)
            {
                if (_catalog == value)
                {
                    return;
                }

                _catalog = value;
            }

            Pulse();
        }
    }

    /// <summary>Ends with the next change, or when something has to be looked at again. Take it before looking.</summary>
    public Task NextChange => Volatile.Read(ref _change).Task;

    /// <summary>Has everything looked at again.</summary>
    public void Pulse() =>
        Interlocked.Exchange(ref _change, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
