using System.Text.Json.Nodes;
using Casemate.Kubernetes;

namespace Casemate.Node.NodeObject;

public sealed partial class NodeObjectReconciler
{
    private const int MostTries = 5;

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
    /// <exception cref="KubeException">The API server refused, or others keep changing the Node.</exception>
    public async Task<NodeRemoval?> RemoveAsync(bool admitUnattested = false, CancellationToken cancellationToken = default)
    {
        NodeRemoval? first = null;
        for (var i = 1; ; i++)
        {
            var node = await _client.TryGetAsync(KubeResource.Nodes, null, _settings.NodeName, cancellationToken).ConfigureAwait(false);
            if (node is null)
            {
                return first;
            }

            var view = new NodeView(node);
            var removal = RemovalOf(view, admitUnattested);

            // A second try finds less: what the first one took away was taken away all the same.
            first ??= removal;
            try
            {
                await TakeOffAsync(view, removal, admitUnattested, cancellationToken).ConfigureAwait(false);
                return first;
            }
            catch (KubeException exception) when (i < MostTries && (exception.IsConflict || exception.IsInvalid))
            {
                // The Node's taints are one list that others write as well: whoever was quicker is no reason to stop.
            }
        }
    }

    private async Task TakeOffAsync(NodeView view, NodeRemoval removal, bool admitUnattested, CancellationToken cancellationToken)
    {
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
