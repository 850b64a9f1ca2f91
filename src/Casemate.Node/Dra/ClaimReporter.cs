using System.Threading.Channels;
using Casemate.Kubernetes;
using Casemate.Rpc.Kubelet.Dra;

namespace Casemate.Node.Dra;

/// <summary>
/// Tells users what became of their claims: the status of allocated devices in the claim itself, and an Event for one that was refused.
/// Beside the kubelet's calls, which wait for none of it; what cannot be told is in the log.
/// </summary>
internal sealed class ClaimReporter
{
    /// <summary>Reason of an Event: the claim cannot be honoured as it is.</summary>
    public const string ClaimRefused = "ClaimRefused";

    /// <summary>Reason of an Event: the node has not that much EPC.</summary>
    public const string EpcInsufficient = "EPCInsufficient";

    private const int MostWaiting = 256;

    private readonly DraContext _context;
    private readonly EventRecorder _events;
    private readonly Channel<Func<CancellationToken, Task>> _waiting = Channel.CreateBounded<Func<CancellationToken, Task>>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private bool _isOffered = true;
    private string? _problem;

    public ClaimReporter(DraContext context)
    {
        _context = context;
        _events = new EventRecorder(context.Settings.Client, "casemate.dev/dra", context.NodeName);
    }

    /// <summary>Has the claim say that its devices are ready; nothing is written where it says so already. Never blocks.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="found">The claim as the API server has it; null when it could not be asked.</param>
    public void Ready(PreparedClaim claim, KubeObject? found)
    {
        if (found is not null && !ClaimDeviceStatus.IsIn(found, claim))
        {
            _waiting.Writer.TryWrite(stopping => WriteStatusAsync(claim, stopping));
        }
    }

    /// <summary>Has an Event of the claim say why it was refused. Never blocks.</summary>
    public void Refused(Claim claim, string reason, string message)
    {
        if (DraNames.IsUid(claim.Uid))
        {
            var what = new KubeEvent(
                new KubeReference(
                    KubeResource.ResourceClaims.ApiVersion, KubeResource.ResourceClaims.Kind, claim.Namespace, claim.Name, claim.Uid),
                reason, "Prepare", $"Node {_context.NodeName}: {message}")
            { IsWarning = true };
            _waiting.Writer.TryWrite(stopping => _events.RecordAsync(what, stopping));
        }
    }

    /// <summary>Writes what is waiting, until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        await foreach (var write in _waiting.Reader.ReadAllAsync(stopping).ConfigureAwait(false))
        {
            await write(stopping).ConfigureAwait(false);
        }
    }

    private async Task WriteStatusAsync(PreparedClaim claim, CancellationToken stopping)
    {
        if (!_isOffered)
        {
            return;
        }

        try
        {
            var written = await _context.Settings.Client.ApplyAsync(
                KubeResource.ResourceClaims, claim.Namespace, claim.Name,
                ClaimDeviceStatus.Make(claim, _context.Catalog.Simulated, _context.Time.GetUtcNow()),
                new KubeApplyOptions { Force = true, Subresource = "status", FieldManager = ClaimDeviceStatus.FieldManager },
                stopping).ConfigureAwait(false);
            _problem = null;
            if (!ClaimDeviceStatus.IsIn(written, claim))
            {
                _isOffered = false;
                DraLog.StatusNotOffered(_context.Logger);
            }
        }
        catch (KubeException e) when (e.IsNotFound || e.IsConflict)
        {
            return;                                                        // the claim is gone, or another one by now
        }
        catch (Exception e) when (e is KubeException or KubeConfigurationException)
        {
            // Told once for all claims: the message names the claim, the answer's status does not.
            var problem = e is KubeException answer ? $"{answer.StatusCode} {answer.Reason}" : e.Message;
            if (_problem != problem)
            {
                DraLog.NotReported(_context.Logger, e.Message);
            }

            _problem = problem;
        }
    }
}
