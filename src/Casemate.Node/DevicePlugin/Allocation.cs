using System.Security.Cryptography;
using System.Text;
using Casemate.Node.Ledger;
using Casemate.Node.Resources;

namespace Casemate.Node.DevicePlugin;

/// <summary>Devices of one resource that one container holds.</summary>
/// <param name="Id">
/// Its name: made of the resource and the ids, so that it can be found again after a restart from what the kubelet lists, without a
/// file of our own that could differ from it.
/// </param>
/// <param name="Resource">The resource's name.</param>
/// <param name="Devices">Indices of the devices, ascending.</param>
/// <param name="Uses">What it holds in the ledger: one entry for each NUMA node; empty for a resource without memory.</param>
internal sealed record Allocation(string Id, string Resource, IReadOnlyList<int> Devices, IReadOnlyList<EpcUse> Uses)
{
    /// <summary>EPC that it holds.</summary>
    public long Bytes => Uses.Sum(use => use.Bytes);

    /// <summary>Makes one.</summary>
    /// <param name="resource">The resource's name.</param>
    /// <param name="devices">Indices of the devices.</param>
    /// <param name="granuleBytes">EPC of one device.</param>
    /// <param name="numaOf">The NUMA node of a device; null when there is nothing to choose between.</param>
    public static Allocation Of(string resource, IEnumerable<int> devices, long granuleBytes, Func<int, int?> numaOf)
    {
        int[] indices = [.. devices.Order()];
        var id = IdOf(resource, indices);
        return new Allocation(id, resource, indices, granuleBytes == 0 ? [] :
        [
            .. indices.GroupBy(numaOf).Select(bank => new EpcUse(
                bank.Key is { } numa ? $"{id}@{numa}" : id, bank.Count() * granuleBytes, bank.Key)),
        ]);
    }

    private static string IdOf(string resource, IReadOnlyList<int> indices)
    {
        var text = new StringBuilder(resource).Append('\n').AppendJoin(',', indices.Select(EpcDeviceIds.Of));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 16));
    }
}
