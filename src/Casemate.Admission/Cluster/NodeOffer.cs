using System.Collections.Immutable;
using System.Text.Json;
using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <summary>What one node offers to enclaves, as its Node object tells it.</summary>
public sealed record NodeOffer
{
    /// <summary>The label with the node's source of quotes: <c>helper</c>, <c>in-process</c> or <c>none</c>.</summary>
    public const string QuoteModeLabel = "casemate.dev/sgx-quote-mode";

    /// <summary>The node's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its labels, for <c>nodeSelector</c> and affinity.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Its taints.</summary>
    public ImmutableArray<NodeTaint> Taints { get; init; } = [];

    /// <summary>The name under which it publishes EPC; null when it publishes none.</summary>
    public ResourceFamily? Family { get; init; }

    /// <summary>Its allocatable EPC in bytes.</summary>
    public long EpcBytes { get; init; }

    /// <summary>Which of <see cref="AccessResource.All"/> it has more than none of.</summary>
    public ImmutableArray<string> Access { get; init; } = [];

    /// <summary>True where a quote helper serves the node's pods, false where none does, null when the node does not say.</summary>
    public bool? HasQuoteHelper { get; init; }

    /// <summary>Reads a Node object.</summary>
    /// <param name="node">A Node; fields of other kinds are taken for missing.</param>
    public static NodeOffer Read(KubeObject node)
    {
        ArgumentNullException.ThrowIfNull(node);
        var amounts = node.At("status", "allocatable") is { ValueKind: JsonValueKind.Object } allocatable ? allocatable : default;
        ResourceFamily? family = null;
        long bytes = 0;
        foreach (var known in ResourceFamily.All)
        {
            // One name carries the EPC of a node; of a node in between two, the one with more.
            if (Amount(amounts, known.Name) is > 0 and var quantity && known.TryToBytes(quantity, out var offered) && offered > bytes)
            {
                (family, bytes) = (known, offered);
            }
        }

        var labels = node.Labels;
        return new NodeOffer
        {
            Name = node.Name,
            Labels = labels,
            Taints = [.. node.ListAt("spec", "taints").Select(taint => new NodeTaint(
                Text(taint, "key"), Text(taint, "value"), Text(taint, "effect")))],
            Family = family,
            EpcBytes = bytes,
            Access = [.. AccessResource.All.Where(name => Amount(amounts, name) > 0)],
            HasQuoteHelper = labels.TryGetValue(QuoteModeLabel, out var mode) ? mode == "helper" : null,
        };
    }

    private static long Amount(JsonElement amounts, string name) =>
        amounts.ValueKind is JsonValueKind.Object && amounts.TryGetProperty(name, out var value)
            && value.ValueKind is JsonValueKind.String && Quantity.TryReadWhole(value.GetString(), out var quantity) ? quantity : 0;

    private static string Text(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()! : "";
}
