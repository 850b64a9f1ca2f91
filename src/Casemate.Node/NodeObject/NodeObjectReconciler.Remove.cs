using System.Text.Json.Nodes;
using Casemate.Kubernetes;

namespace Casemate.Node.NodeObject;

public sealed partial class NodeObjectReconciler
{
    /// <summary>Says what <see cref="RemoveAsync"/> would take off the Node. Changes nothing.</summary>
    /// <param name="admitUnattested">As there.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>Null when there is no such Node.</returns>
    /// <exception cref="KubeException">The API server refused.</exception>
    public async Task<NodeRemoval?> FindRemovalAsync(bool admitUnattested = false, CancellationToken cancellationToken = default)
    {
        var node = await _client.TryGetAsync(KubeResource.Nodes, null, _settings.NodeName, cancellationToken).ConfigureAwait(false);
        return node is null ? null : RemovalOf(new NodeView(node), admitUnattested);
    }

    /// <summary>Takes everything off the Node that the agent put there, and nothing else. Not to be called while it runs.</summary>
    /// <param name="admitUnattested">
    /// Also remove the startup taint. It was not put there by the agent, and a node that keeps it stays closed to pods.
    /// </param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>What was removed; null when there is no such Node.</returns>
    /// <exception cref="KubeException">The API server refused, or the Node changed meanwhile: call again.</exception>
    public async Task<NodeRemoval?> RemoveAsync(bool admitUnattested = false, CancellationToken cancellationToken = default)
    {
        var node = await _client.TryGetAsync(KubeResource.Nodes, null, _settings.NodeName, cancellationToken).ConfigureAwait(false);
        if (node is null)
        {
            return null;
        }

        var view = new NodeView(node);
        var removal = RemovalOf(view, admitUnattested);
        if (removal.Taints.Count > 0)
        {
            var kept = view.Taints.Where(taint => !IsRemoved(taint, Recorded(view), admitUnattested));
            var list = new JsonArray([.. kept.Select(taint => JsonNode.Parse(taint.Json.GetRawText()))]);
            view = await PatchSpecAsync(view, new JsonObject { ["taints"] = list }, cancellationToken).ConfigureAwait(false);
        }

        view = await ApplyMarksAsync(view, [], [], cancellationToken).ConfigureAwait(false);
        view = await WriteConditionsAsync(view, [], _client.Time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        foreach (var family in ResourceFamily.All)
        {
            view = await RemoveAmountAsync(view, family.Name, cancellationToken).ConfigureAwait(false);
        }

        return removal;
    }

    private NodeRemoval RemovalOf(NodeView view, bool admitUnattested) => new(
        [.. view.AppliedBy(_client.FieldManager, "labels").Where(view.Object.Labels.ContainsKey).Order(StringComparer.Ordinal)],
        [.. view.AppliedBy(_client.FieldManager, "annotations").Where(view.Object.Annotations.ContainsKey).Order(StringComparer.Ordinal)],
        [.. view.Taints.Where(taint => IsRemoved(taint, Recorded(view), admitUnattested)).Select(taint => taint.Identity)],
        [.. NodeMarks.Conditions.Where(type => view.Condition(type) is not null)],
        [.. ResourceFamily.All.Select(family => family.Name)
            .Where(name => view.Capacity?.ContainsKey(name) is true && view.WritersOf(name).Contains(_client.FieldManager))]);

    private static bool IsRemoved(NodeTaint taint, HashSet<string> recorded, bool admitUnattested) =>
        recorded.Contains(taint.Identity) || (admitUnattested && taint.Key == NodeMarks.StartupTaint);
}
