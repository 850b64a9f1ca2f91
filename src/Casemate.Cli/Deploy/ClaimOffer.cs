using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Attestation;
using Casemate.Kubernetes;

namespace Casemate.Cli.Deploy;

/// <summary>A class of devices that nodes offer in ResourceSlices (resource.k8s.io/v1), and what the sample claims of it.</summary>
/// <param name="DeviceClass">The class, as the add-on installs it.</param>
/// <param name="HasEpc">Whether an amount of EPC is claimed; other devices are given as they are.</param>
internal sealed record ClaimOffer(string DeviceClass, bool HasEpc) : DeviceOffer(DeviceClass, HasEpc ? $"{MiB}Mi" : "1")
{
    /// <summary>The claim's name in the pod.</summary>
    public const string Claim = "device";

    private const string Driver = "sgx.casemate.dev";
    private const string Epc = "epc";

    // The attribute 'kind' of devices, in the words of the driver.
    private static readonly (string Kind, string Class)[] s_classes =
        [(Epc, "sgx-epc"), ("tdx-guest", "tdx-guest"), ("snp-guest", "snp-guest")];

    /// <summary>Chooses the class whose devices come with evidence of a kind.</summary>
    /// <param name="client">Leads to the cluster.</param>
    /// <param name="nodes">The cluster's nodes.</param>
    /// <param name="tee">The kind of evidence.</param>
    /// <param name="isSimulated">Whether a described machine with EPC may have evidence of another kind as well.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="CliException">No node that takes pods offers such a device (exit code 4).</exception>
    /// <exception cref="KubeException">The cluster does not answer, or refuses, or a slice has fields of other types.</exception>
    public static async Task<ClaimOffer> FindAsync(
        KubeClient client, IReadOnlyList<KubeObject> nodes, Tee tee, bool isSimulated, CancellationToken cancellationToken)
    {
        var slices = (await client.ListAsync(
            KubeResource.ResourceSlices, new KubeListOptions { FieldSelector = $"spec.driver={Driver}" }, cancellationToken)).Items
            .Select(ResourceSliceKind.Read).Where(slice => slice.Spec.Driver == Driver).ToList();
        var newest = slices.GroupBy(slice => slice.Spec.Pool.Name)
            .ToDictionary(pool => pool.Key, pool => pool.Max(slice => slice.Spec.Pool.Generation));
        var openNodes = OpenOf(nodes);
        var open = openNodes.Select(node => node.Metadata.Name).ToHashSet();
        var offered = slices
            .Where(slice => slice.Spec.Pool.Generation == newest[slice.Spec.Pool.Name])
            .Where(slice => slice.Spec.NodeName is { } node && open.Contains(node))
            .SelectMany(slice => slice.Spec.Devices).Where(HasRoom).Select(KindOf).ToHashSet();
        var wanted = KindsFor(tee, isSimulated);
        var found = wanted.FirstOrDefault(offered.Contains) ?? throw new CliException(
            ExitCode.Unreachable,
            $"no {(wanted[0] is Epc ? "EPC" : wanted[0])} is offered: of {nodes.Count} nodes, {openNodes.Count} ready and open for pods, none has "
                + $"a device of it in a ResourceSlice of {Driver}",
            "Slices appear a few seconds after the agent has started; why one does not, its log says: kubectl -n casemate-node logs "
                + "daemonset/casemate-node.")
        {
            Findings = [.. s_classes.Select(one => $"{one.Class}: {(offered.Contains(one.Kind) ? "offered" : "on no node")}")],
        };
        return new ClaimOffer(s_classes.First(one => one.Kind == found).Class, found is Epc);
    }

    /// <summary>The request of the claim.</summary>
    public JsonObject ToRequest()
    {
        var exactly = new JsonObject { ["deviceClassName"] = DeviceClass };
        if (HasEpc)
        {
            exactly["capacity"] = new JsonObject { ["requests"] = new JsonObject { [Epc] = Amount } };
        }

        return new JsonObject { ["name"] = Claim, ["exactly"] = exactly };
    }

    private static string[] KindsFor(Tee tee, bool isSimulated) => tee switch
    {
        Tee.Tdx => isSimulated ? ["tdx-guest", Epc] : ["tdx-guest"],
        Tee.Snp => isSimulated ? ["snp-guest", Epc] : ["snp-guest"],
        _ => [Epc],
    };

    private static string KindOf(ResourceSliceKindDevice device) => TextOf(device.Attributes, "kind", "string");

    private static bool HasRoom(ResourceSliceKindDevice device) => KindOf(device) is not Epc
        || (Quantity.TryReadWhole(TextOf(device.Capacity, Epc, "value"), out var bytes) && bytes >= MiB << 20);

    private static string TextOf(IReadOnlyDictionary<string, JsonElement> values, string name, string member) =>
        values.TryGetValue(name, out var value) && value.ValueKind is JsonValueKind.Object && value.TryGetProperty(member, out var text)
            && text.ValueKind is JsonValueKind.String ? text.GetString()! : "";
}
