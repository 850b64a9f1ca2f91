using Casemate.Node.Discovery;
using Casemate.Node.Ledger;
using Casemate.Rpc.Kubelet.Dra;

namespace Casemate.Node.Dra;

/// <summary>A claim that is ready on this node: what its state file holds, and what every answer about it is made of.</summary>
/// <param name="Uid">Its UID.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Pool">The pool that its devices are of: the node's name.</param>
/// <param name="Devices">Its devices on this node, in the allocation's order.</param>
internal sealed record PreparedClaim(string Uid, string Namespace, string Name, string Pool, ValueList<PreparedDevice> Devices)
{
    /// <summary>EPC that it holds; what is more than a number can say stays too much.</summary>
    public long Bytes => Devices.Aggregate(0L, (sum, device) => device.Bytes > long.MaxValue - sum ? long.MaxValue : sum + device.Bytes);

    /// <summary>What it holds in the ledger.</summary>
    public IReadOnlyList<EpcUse> Uses =>
    [
        .. Devices.Where(device => device.Bytes > 0)
            .Select(device => new EpcUse($"{Uid}/{CdiNameOf(device)}", device.Bytes, device.Numa)),
    ];

    /// <summary>The name of a device within the CDI kind.</summary>
    public string CdiNameOf(PreparedDevice device) =>
        device.ShareId is { } share ? $"{Uid}-{device.Device}-{share}" : $"{Uid}-{device.Device}";

    /// <summary>The kubelet's answer.</summary>
    public NodePrepareResourceResponse ToAnswer()
    {
        var answer = new NodePrepareResourceResponse();
        foreach (var device in Devices)
        {
            var entry = new Device { PoolName = Pool, DeviceName = device.Device, RequestNames = { device.Request } };
            entry.CdiDeviceIds.Add(CdiSpec.IdOf(CdiNameOf(device)));
            if (device.ShareId is { } share)
            {
                entry.ShareId = share;
            }

            answer.Devices.Add(entry);
        }

        return answer;
    }
}
