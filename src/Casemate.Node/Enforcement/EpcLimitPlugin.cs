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
        var updates = new List<ContainerUpdate>();
        var view = new KubeletView(kubelet, patience, time);
        foreach (var container in containers.Where(container => container.State is not ContainerState.ContainerStopped))
        {
            try
            {
                var pod = pods.GetValueOrDefault(container.PodSandboxId) ?? new PodSandbox();
                if (await LimitAsync(pod, container, view, EpcLimitOutcome.Restored, cancellationToken).ConfigureAwait(false) is { } resources)
                {
                    updates.Add(new ContainerUpdate
                    {
                        ContainerId = container.Id,
                        Linux = new LinuxContainerUpdate { Resources = resources },
                        IgnoreFailure = true,                              // it may have ended meanwhile
                    });
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
                metrics.CountEpcLimit(outcome);
                EnforcementLog.Limited(logger, Shown(pod.Namespace), Shown(pod.Name), Shown(container.Name), limit.Bytes, limit.Source);
                return new LinuxResources { Unified = { [EpcLimit.File] = limit.Line } };
            }

            if (limit.Source is EpcLimitSource.Unknown)
            {
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
