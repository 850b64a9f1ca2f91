using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;

namespace Casemate.Node.Dra;

/// <summary>
/// What a driver says in a claim of the devices that it gave (<c>resource.k8s.io/v1</c>, AllocatedDeviceStatus): applied to the
/// subresource <c>status</c>, so that entries of other drivers stay. The API server removes it with the allocation.
/// </summary>
internal static class ClaimDeviceStatus
{
    /// <summary>Who owns the fields.</summary>
    public const string FieldManager = "casemate-dra";

    private const string Condition = "Ready";

    /// <summary>The fields of a claim whose devices are ready.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="simulated">True when the hardware is described and not there.</param>
    /// <param name="now">Since when they are ready.</param>
    public static JsonObject Make(PreparedClaim claim, bool simulated, DateTimeOffset now) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = claim.Name, ["namespace"] = claim.Namespace, ["uid"] = claim.Uid },
        ["status"] = new JsonObject
        {
            ["devices"] = new JsonArray([.. claim.Devices.Select(device => Of(claim, device, simulated, now))]),
        },
    };

    /// <summary>True when a claim says of each device that it is ready.</summary>
    public static bool IsIn(KubeObject found, PreparedClaim claim)
    {
        var entries = found.ListAt("status", "devices");
        return claim.Devices.All(device => entries.Any(entry => IsOf(entry, claim, device) && IsReady(entry)));
    }

    private static JsonObject Of(PreparedClaim claim, PreparedDevice device, bool simulated, DateTimeOffset now)
    {
        var data = new JsonObject { ["cdiDevice"] = CdiSpec.IdOf(claim.CdiNameOf(device)), ["simulated"] = simulated };
        if (device.Bytes > 0)
        {
            data["epcBytes"] = device.Bytes;
        }

        if (device.Numa is { } numa)
        {
            data["numa"] = numa;
        }

        var status = new JsonObject
        {
            ["driver"] = DraNames.Driver,
            ["pool"] = claim.Pool,
            ["device"] = device.Device,
            ["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = Condition,
                ["status"] = "True",
                ["reason"] = "Prepared",
                ["message"] = simulated ? "The simulated device is ready on the node." : "The device is ready on the node.",
                ["lastTransitionTime"] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            }),
            ["data"] = data,
        };
        if (device.ShareId is { } share)
        {
            status["shareID"] = share;
        }

        return status;
    }

    private static bool IsOf(JsonElement entry, PreparedClaim claim, PreparedDevice device) =>
        Is(entry, "driver", DraNames.Driver) && Is(entry, "pool", claim.Pool) && Is(entry, "device", device.Device)
        && (device.ShareId is null || Is(entry, "shareID", device.ShareId));

    private static bool IsReady(JsonElement entry) =>
        entry.TryGetProperty("conditions", out var conditions) && conditions.ValueKind is JsonValueKind.Array
        && conditions.EnumerateArray().Any(condition => Is(condition, "type", Condition) && Is(condition, "status", "True"));

    private static bool Is(JsonElement element, string name, string value) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var found)
        && found.ValueKind is JsonValueKind.String && found.ValueEquals(value);
}
