using System.Collections.Concurrent;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet.DraHealth;

namespace Casemate.Node.Dra;

/// <summary>
/// Tells the kubelet how devices are (DRAResourceHealth v1alpha1): all of them each time, at every change and often enough that the
/// kubelet does not take the state for stale after its 30 s.
/// </summary>
internal sealed class DraHealthFeed(DraContext context)
{
    private const int LongestMessage = 1024;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, DraDevice> _seen = new(StringComparer.Ordinal);

    /// <summary>Sends the state until nobody listens.</summary>
    public async Task WatchAsync(NodeWatchResourcesRequest request, IRpcStream<NodeWatchResourcesResponse> stream, RpcContext call)
    {
        while (true)
        {
            var change = context.NextChange;
            await stream.WriteAsync(State()).ConfigureAwait(false);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken);
            await Task.WhenAny(change, Task.Delay(Interval, context.Time, over.Token)).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
            call.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The state of every device that was ever offered: one that is gone may still be held.</summary>
    public NodeWatchResourcesResponse State()
    {
        var catalog = context.Catalog;
        foreach (var device in catalog.Devices)
        {
            _seen[device.Name] = device;
        }

        var state = new NodeWatchResourcesResponse();
        foreach (var device in _seen.Values.OrderBy(device => device.Name, StringComparer.Ordinal))
        {
            var problem = catalog.Find(device.Name) is null ? "The device is not there any more."
                : device.Kind is DraDeviceKind.SnpGuest or DraDeviceKind.TdxGuest ? null
                : catalog.Problem;
            state.Devices.Add(new DeviceHealth
            {
                Device = new DeviceIdentifier { PoolName = context.NodeName, DeviceName = device.Name },
                Health = problem is null ? HealthStatus.Healthy : HealthStatus.Unhealthy,
                LastUpdatedTime = context.Time.GetUtcNow().ToUnixTimeSeconds(),
                Message = problem is { Length: > LongestMessage } ? problem[..LongestMessage] : problem ?? "",
            });
        }

        return state;
    }
}
