using System.Text.Json;
using Casemate.Addon;
using Casemate.Kubernetes;

namespace Casemate.Cli.Deploy;

/// <summary>What a cluster's own objects say of the add-on in it.</summary>
/// <param name="Image">The image that its node agent runs.</param>
/// <param name="IsSimulated">Whether its nodes are described machines.</param>
/// <param name="UsesClaims">Whether its nodes offer devices by Dynamic Resource Allocation, and nothing by a name of a resource.</param>
internal sealed record InstalledAddon(string Image, bool IsSimulated, bool UsesClaims)
{
    private const string NodeAgent = "casemate-node";
    private const string QuoteHelper = "casemate-quote-helper";

    /// <summary>Looks for it.</summary>
    /// <exception cref="CliException">It is not there, or has no quote helper (exit code 4).</exception>
    /// <exception cref="KubeException">The cluster does not answer, or refuses.</exception>
    public static async Task<InstalledAddon> FindAsync(KubeClient client, CancellationToken cancellationToken)
    {
        var agent = await client.TryGetAsync(KubeResource.DaemonSets, AddonOptions.NodeNamespace, NodeAgent, cancellationToken)
            ?? throw new CliException(
                ExitCode.Unreachable, $"the add-on is not in this cluster: there is no DaemonSet {AddonOptions.NodeNamespace}/{NodeAgent}",
                "Install it: casemate addon install --image IMAGE --quote-helper.");
        if (await client.TryGetAsync(KubeResource.DaemonSets, AddonOptions.NodeNamespace, QuoteHelper, cancellationToken) is null)
        {
            throw new CliException(
                ExitCode.Unreachable,
                $"the add-on of this cluster makes no quotes: there is no DaemonSet {AddonOptions.NodeNamespace}/{QuoteHelper}",
                "Install it with one: casemate addon install --quote-helper.");
        }

        var container = agent.ListAt("spec", "template", "spec", "containers").FirstOrDefault();
        var image = container.ValueKind is JsonValueKind.Object && container.TryGetProperty("image", out var named)
            && named.ValueKind is JsonValueKind.String ? named.GetString()! : "";
        List<string> words = [.. Words(container, "command"), .. Words(container, "args")];
        return new InstalledAddon(image, words.Contains("--simulate"), words.Contains("--dra"));
    }

    private static IEnumerable<string> Words(JsonElement container, string member) =>
        container.ValueKind is JsonValueKind.Object && container.TryGetProperty(member, out var words)
            && words.ValueKind is JsonValueKind.Array
            ? words.EnumerateArray().Where(word => word.ValueKind is JsonValueKind.String).Select(word => word.GetString()!) : [];
}
