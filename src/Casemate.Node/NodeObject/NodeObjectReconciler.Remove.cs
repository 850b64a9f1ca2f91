using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Node.Resources;

namespace Casemate.Node.NodeObject;

public sealed partial class NodeObjectReconciler
{
    /// <summary>Takes everything off the Node that the agent put there, and nothing else. Not to be called while it runs.</summary>
    /// <param name="admitUnattested">
    /// Also remove the startup taint. It was not put there by the agent, and a node that keeps it stays closed to pods.
    /// </param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>False when there is no such Node.</returns>
    /// <exception cref="KubeException">The API server refused, or the Node changed meanwhile: call again.</exception>
    public async Task<bool> RemoveAsync(bool admitUnattested = false, CancellationToken cancellationToken = default)
    {
        var node = await _client.TryGetAsync(KubeResource.Nodes, null, _settings.NodeName, cancellationToken).ConfigureAwait(false);
        if (node is null)
        {
            return false;
        }

        var view = new NodeView(node);
        var recorded = Recorded(view);
        var kept = view.Taints.Where(taint => !recorded.Contains(taint.Identity))
            .Where(taint => !(admitUnattested && taint.Key == NodeMarks.StartupTaint)).ToList();
        if (kept.Count < view.Taints.Count)
        {
            var list = new JsonArray([.. kept.Select(taint => JsonNode.Parse(taint.Json.GetRawText()))]);
            view = await PatchSpecAsync(view, new JsonObject { ["taints"] = list }, cancellationToken).ConfigureAwait(false);
        }

        view = await ApplyMarksAsync(view, [], [], cancellationToken).ConfigureAwait(false);
        view = await WriteConditionsAsync(view, [], _client.Time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        foreach (var family in ResourceFamily.All)
        {
            view = await RemoveAmountAsync(view, family.Name, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }
}
