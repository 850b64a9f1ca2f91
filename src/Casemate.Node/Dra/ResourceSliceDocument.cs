using System.Globalization;
using System.Text.Json.Nodes;
using Casemate.Node.Discovery;

namespace Casemate.Node.Dra;

/// <summary>Writes ResourceSlices (<c>resource.k8s.io/v1</c>, ResourceSliceSpec).</summary>
internal static class ResourceSliceDocument
{
    /// <summary>The most devices of one slice (ResourceSliceMaxDevices); ours have no taints, counters or list attributes.</summary>
    public const int MaxDevices = 128;

    private const long MiB = 1L << 20;
    private const long DefaultRequest = 16 * MiB;

    /// <summary>The devices of each slice of a pool; an empty pool has no slice.</summary>
    public static IReadOnlyList<JsonArray> DevicesOf(DraCatalog catalog) =>
        [.. catalog.Devices.Chunk(MaxDevices).Select(chunk => new JsonArray([.. chunk.Select(device => DeviceOf(device, catalog))]))];

    /// <summary>The whole slice.</summary>
    public static JsonObject Make(
        string name, string nodeName, string nodeUid, long generation, int sliceCount, JsonArray devices) => new()
        {
            ["apiVersion"] = "resource.k8s.io/v1",
            ["kind"] = "ResourceSlice",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["ownerReferences"] = new JsonArray(new JsonObject
                {
                    ["apiVersion"] = "v1",
                    ["kind"] = "Node",
                    ["name"] = nodeName,
                    ["uid"] = nodeUid,
                }),
            },
            ["spec"] = new JsonObject
            {
                ["driver"] = DraNames.Driver,
                ["nodeName"] = nodeName,
                ["pool"] = new JsonObject { ["name"] = nodeName, ["generation"] = generation, ["resourceSliceCount"] = sliceCount },
                ["devices"] = devices.DeepClone(),
            },
        };

    private static JsonObject DeviceOf(DraDevice device, DraCatalog catalog) => new()
    {
        ["name"] = device.Name,
        ["allowMultipleAllocations"] = true,
        ["attributes"] = AttributesOf(device, catalog),
        ["capacity"] = device.Kind is DraDeviceKind.Epc
            ? new JsonObject { [DraNames.Epc] = EpcOf(device.Capacity) }
            : new JsonObject { [DraNames.Slots] = SlotsOf(device.Capacity) },
    };

    private static JsonObject AttributesOf(DraDevice device, DraCatalog catalog)
    {
        var attributes = new JsonObject { ["kind"] = Text(device.KindWord), ["simulated"] = Flag(catalog.Simulated) };
        if (device.Numa is { } numa)
        {
            attributes["numa"] = new JsonObject { ["int"] = numa };
        }

        if (device.MakesEnclaves && catalog.Sgx is { } sgx)
        {
            attributes["driver"] = Text(sgx.Driver.Word());
            attributes["sgx"] = new JsonObject { ["int"] = sgx.Sgx2 ? 2 : 1 };
            attributes["edmm"] = Flag(sgx.Sgx2);
            attributes["flc"] = Flag(sgx.FlexibleLaunchControl);
        }

        return attributes;
    }

    // default is required beside validRange, (default - min) a multiple of step, and min + step at most the value.
    private static JsonObject EpcOf(long bytes) => new()
    {
        ["value"] = QuantityText.Of(bytes),
        ["requestPolicy"] = bytes >= 2 * MiB
            ? new JsonObject
            {
                ["default"] = QuantityText.Of(Math.Min(DefaultRequest, bytes)),
                ["validRange"] = new JsonObject { ["min"] = QuantityText.Of(MiB), ["step"] = QuantityText.Of(MiB) },
            }
            : Only(QuantityText.Of(bytes)),
    };

    private static JsonObject SlotsOf(long count) =>
        new() { ["value"] = count.ToString(CultureInfo.InvariantCulture), ["requestPolicy"] = Only("1") };

    private static JsonObject Only(string quantity) => new() { ["default"] = quantity, ["validValues"] = new JsonArray(quantity) };

    private static JsonObject Text(string value) => new() { ["string"] = value };

    private static JsonObject Flag(bool value) => new() { ["bool"] = value };
}
