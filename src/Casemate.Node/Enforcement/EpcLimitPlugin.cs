using Casemate.Node.DevicePlugin;
using Casemate.Node.Metrics;
using Casemate.Node.Nri;
using Casemate.Rpc;
using Casemate.Rpc.Nri;
using Microsoft.Extensions.Logging;

namespace Casemate.Node.Enforcement;

/// <summary>
/// Gives containers their EPC limit. A container is refused only where its pod's author wrote a limit that is none; whatever else goes
/// wrong leaves it without a limit, and is told: the node's other work does not depend on the account of EPC.
/// </summary>
internal sealed class EpcLimitPlugin(
    EpcLimits limits, PodResources? kubelet, Func<CancellationToken, ValueTask> ensureLedgerAsync, Func<bool> isPossible,
    NodeMetrics metrics, ILogger logger, TimeProvider time) : INriPlugin
{
    // Containers that wait for an amount. The runtime does not say when they end, so the number is limited, and the oldest give way.
    private const int MostWaiting = 256;

    private readonly Lock _lock = new();
    private readonly List<(PodSandbox Pod, Container Container)> _waiting = [];

    /// <inheritdoc/>
    public async ValueTask<ContainerAdjustment?> CreateAsync(
        PodSandbox pod, Container container, TimeSpan patience, CancellationToken cancellationToken)
    {
        var resources = await LimitAsync(
            pod, container, new KubeletView(kubelet, patience, time), EpcLimitOutcome.Set, cancellationToken).ConfigureAwait(false);
        return resources is null ? null : new ContainerAdjustment { Linux = new LinuxContainerAdjustment { Resources = resources } };
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ContainerUpdate>> SynchronizeAsync(
        IReadOnlyDictionary<string, PodSandbox> pods, IReadOnlyList<Container> containers, TimeSpan patience,
        CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _waiting.Clear();                                              // whoever still runs is told now
        }

        var updates = new List<ContainerUpdate>();
        var view = new KubeletView(kubelet, patience, time);
        foreach (var container in containers.Where(container => container.State is not ContainerState.ContainerStopped))
        {
            try
            {
                var pod = pods.GetValueOrDefault(container.PodSandboxId) ?? new PodSandbox();
                if (await LimitAsync(pod, container, view, EpcLimitOutcome.Restored, cancellationToken).ConfigureAwait(false) is { } resources)
                {
                    updates.Add(Update(container, resources));
                }
            }
            catch (RpcException)
            {
                continue;                                                  // told already; it runs, so there is nothing to refuse
            }
        }

        EnforcementLog.Synchronized(logger, containers.Count, updates.Count);
        return updates;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> HasLateChangesAsync(CancellationToken cancellationToken)
    {
        List<(PodSandbox Pod, Container Container)> waiting;
        lock (_lock)
        {
            waiting = [.. _waiting];
        }

        var noKubelet = new KubeletView(null, TimeSpan.Zero, time);
        foreach (var (pod, container) in isPossible() ? waiting : [])
        {
            if ((await limits.FindAsync(pod, container, noKubelet, cancellationToken).ConfigureAwait(false)).IsSet)
            {
                EnforcementLog.Late(logger, Shown(pod.Namespace), Shown(pod.Name), Shown(container.Name));
                return true;
            }
        }

        return false;
    }

    // Never with ignore_failure: the runtime makes the other changes all the same, and its log then has what it could not do.
    private static ContainerUpdate Update(Container container, LinuxResources resources) => new()
    {
        ContainerId = container.Id,
        Linux = new LinuxContainerUpdate { Resources = resources },
    };

    private LinuxResources Take(PodSandbox pod, Container container, EpcLimit limit, EpcLimitOutcome outcome)
    {
        metrics.CountEpcLimit(outcome);
        EnforcementLog.Limited(logger, Shown(pod.Namespace), Shown(pod.Name), Shown(container.Name), limit.Bytes, limit.Source);
        return new LinuxResources { Unified = { [EpcLimit.File] = limit.Line } };
    }

    private void Wait(PodSandbox pod, Container container)
    {
        lock (_lock)
        {
            if (_waiting.Count == MostWaiting)
            {
                _waiting.RemoveAt(0);
            }

            _waiting.Add((pod, container));
        }
    }

    private async ValueTask<LinuxResources?> LimitAsync(
        PodSandbox pod, Container container, KubeletView view, EpcLimitOutcome outcome, CancellationToken cancellationToken)
    {
        if (!isPossible())
        {
            return null;                                                   // the kernel would refuse to write the file
        }

        try
        {
            await ensureLedgerAsync(cancellationToken).ConfigureAwait(false);
            var limit = await limits.FindAsync(pod, container, view, cancellationToken).ConfigureAwait(false);
            if (limit.IsSet)
            {
                return Take(pod, container, limit, outcome);
            }

            if (limit.Source is EpcLimitSource.Unknown)
            {
                Wait(pod, container);
                metrics.CountEpcLimit(EpcLimitOutcome.Unknown);
                EnforcementLog.Unknown(
                    logger, Shown(pod.Namespace), Shown(pod.Name), Shown(container.Name), view.Problem ?? "neither account nor annotation has it");
            }

            return null;
        }
        catch (RpcException e)
        {
            metrics.CountEpcLimit(EpcLimitOutcome.Refused);
            EnforcementLog.Refused(logger, Shown(pod.Namespace), Shown(pod.Name), Shown(container.Name), e.Detail);
            throw;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            metrics.CountEpcLimit(EpcLimitOutcome.Failed);
            EnforcementLog.Failed(logger, Shown(pod.Namespace), Shown(pod.Name), Shown(container.Name), e);
            return null;
        }
    }

    // Names come from the runtime, and go to the log.
    private static string Shown(string name) => name.Length <= 253 ? name : name[..253];
}
