using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Casemate.Kubernetes;

namespace Casemate.Node.Dra;

/// <summary>
/// Reads what the scheduler allocated to a claim on this node (<c>resource.k8s.io/v1</c>, ResourceClaim <c>status.allocation</c>).
/// </summary>
internal static class ClaimAllocation
{
    private const int MostResults = 256;                                   // the API allows 32
    private const int LongestName = 253;

    /// <summary>Reads a claim.</summary>
    /// <param name="claim">The claim as the API server has it.</param>
    /// <param name="uid">The UID that the kubelet asked for.</param>
    /// <param name="pool">This node's pool.</param>
    /// <param name="find">A device of this node.</param>
    /// <param name="prepared">What it got of this driver.</param>
    /// <param name="refusal">Why it cannot be made ready: one sentence.</param>
    public static bool TryRead(
        KubeObject claim, string uid, string pool, Func<string, DraDevice?> find,
        [NotNullWhen(true)] out PreparedClaim? prepared, [NotNullWhen(false)] out string? refusal)
    {
        prepared = null;
        refusal = Check(claim, uid);
        if (refusal is not null)
        {
            return false;
        }

        var results = claim.ListAt("status", "allocation", "devices", "results");
        if (results.Count > MostResults)
        {
            refusal = $"The claim has {results.Count} results; at most {MostResults} can be.";
            return false;
        }

        var devices = new List<PreparedDevice>();
        foreach (var result in results.Where(result => Text(result, "driver") == DraNames.Driver))
        {
            if (!TryRead(result, pool, find, out var device, out refusal))
            {
                return false;
            }

            if (devices.Any(other => other.Device == device.Device && other.ShareId == device.ShareId))
            {
                refusal = $"The claim has the device '{device.Device}' twice without different shares.";
                return false;
            }

            devices.Add(device);
        }

        if (devices.Count == 0)
        {
            refusal = $"No device of the driver {DraNames.Driver} is allocated to the claim.";
            return false;
        }

        prepared = new PreparedClaim(uid, claim.Namespace ?? "", claim.Name, pool, [.. devices]);
        return true;
    }

    /// <summary>True when a claim is the one of this UID and holds devices of this driver on this node, whatever they are.</summary>
    public static bool IsHeldHere(KubeObject claim, string uid, string pool) =>
        claim.Uid == uid && claim.ListAt("status", "allocation", "devices", "results")
            .Any(result => Text(result, "driver") == DraNames.Driver && Text(result, "pool") == pool);

    private static string? Check(KubeObject claim, string uid)
    {
        if (claim.Uid != uid)
        {
            return $"The claim is another one by now: its UID is '{claim.Uid}', not '{uid}'.";
        }

        if (claim.At("status", "allocation") is null)
        {
            return "The claim is not allocated.";
        }

        // A parameter that is passed over could be the one that mattered.
        return claim.ListAt("status", "allocation", "devices", "config").Any(IsOurs)
            ? $"The claim has parameters for the driver {DraNames.Driver}, which takes none; remove them from it or its device class."
            : null;

        static bool IsOurs(JsonElement config) =>
            config.ValueKind is JsonValueKind.Object && config.TryGetProperty("opaque", out var opaque)
                && Text(opaque, "driver") == DraNames.Driver;
    }

    private static bool TryRead(
        JsonElement result, string pool, Func<string, DraDevice?> find,
        [NotNullWhen(true)] out PreparedDevice? device, [NotNullWhen(false)] out string? refusal)
    {
        device = null;
        var (request, name, share) = (Text(result, "request"), Text(result, "device"), Text(result, "shareID"));
        if (request is null or { Length: > LongestName } || name is null || (share is not null && !DraNames.IsUid(share)))
        {
            refusal = "A result of the claim is malformed: request, device or shareID is missing or no name.";
            return false;
        }

        if (Text(result, "pool") is var from && from != pool)
        {
            refusal = $"The claim is allocated from pool '{from}'; this node's is '{pool}'.";
            return false;
        }

        if (find(name) is not { } offered)
        {
            refusal = $"This node has no device '{name}' at present.";
            return false;
        }

        if (!TryEpc(result, offered, out var bytes))
        {
            refusal = $"The capacity consumed of device '{name}' is no amount of memory.";
            return false;
        }

        refusal = null;
        device = new PreparedDevice(request, name, share, offered.Kind, bytes, offered.Numa);
        return true;
    }

    // Without consumable capacity in the cluster, a device goes to one claim whole. Admin access looks on and consumes nothing.
    private static bool TryEpc(JsonElement result, DraDevice device, out long bytes)
    {
        bytes = 0;
        if (device.Kind is not DraDeviceKind.Epc
            || (result.TryGetProperty("adminAccess", out var admin) && admin.ValueKind is JsonValueKind.True))
        {
            return true;
        }

        if (!result.TryGetProperty("consumedCapacity", out var consumed) || consumed.ValueKind is not JsonValueKind.Object)
        {
            bytes = device.Capacity;
            return true;
        }

        var text = Text(consumed, DraNames.Epc) ?? Text(consumed, $"{DraNames.Driver}/{DraNames.Epc}");
        return Quantity.TryReadWhole(text, out bytes) && bytes > 0;
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()
            : null;
}
