using System.Globalization;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;

namespace Casemate.Node.NodeObject;

public sealed partial class NodeObjectReconciler
{
    // Labels and annotations by server-side apply: what is no longer wanted goes by itself, and what others hold stays.
    private async Task<NodeView> WriteMarksAsync(NodeView view, AdvertisementPlan plan, CancellationToken cancellationToken)
    {
        var isAttested = IsAttested(view);
        var labels = plan.Labels.ToDictionary(label => label.Key, label => label.Value, StringComparer.Ordinal);
        var annotations = new Dictionary<string, string>(StringComparer.Ordinal);
        if (isAttested)
        {
            labels[NodeMarks.AttestedLabel] = "true";
            annotations[NodeMarks.AttestedAtAnnotation] =
                _memory.AttestedAt!.Value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            annotations[NodeMarks.AttestedBootAnnotation] = view.BootId;
        }
        else if (_memory.LastResult is null && _attestation is not null
            && view.Object.Labels.GetValueOrDefault(NodeMarks.AttestedLabel) == "true"
            && view.AppliedBy(_client.FieldManager, "labels").Contains(NodeMarks.AttestedLabel) && !view.IsClosed
            && view.BootId.Length > 0 && view.Object.Annotations.GetValueOrDefault(NodeMarks.AttestedBootAnnotation) == view.BootId)
        {
            // The agent started again, and the machine did not: the last verdict stands until there is a new one.
            labels[NodeMarks.AttestedLabel] = "true";
            annotations[NodeMarks.AttestedBootAnnotation] = view.BootId;
            if (view.Object.Annotations.TryGetValue(NodeMarks.AttestedAtAnnotation, out var at))
            {
                annotations[NodeMarks.AttestedAtAnnotation] = at;
            }
        }

        var taints = OwnTaints(view, plan);
        if (taints.Length > 0)
        {
            annotations[NodeMarks.TaintsAnnotation] = taints;
        }

        LeaveContestedAlone(view, labels);
        view = await ApplyMarksAsync(view, labels, annotations, cancellationToken).ConfigureAwait(false);

        // A label that somebody else wrote would let pods onto a node that nobody attested.
        if (_attestation is null || labels.ContainsKey(NodeMarks.AttestedLabel)
            || !view.Object.Labels.ContainsKey(NodeMarks.AttestedLabel))
        {
            return view;
        }

        var without = new JsonObject { ["labels"] = new JsonObject { [NodeMarks.AttestedLabel] = null } };
        return await PatchAsync(view, without, null, cancellationToken).ConfigureAwait(false);
    }

    private async Task<NodeView> ApplyMarksAsync(
        NodeView view, Dictionary<string, string> labels, Dictionary<string, string> annotations, CancellationToken cancellationToken)
    {
        if (IsApplied(view, "labels", view.Object.Labels, labels) && IsApplied(view, "annotations", view.Object.Annotations, annotations))
        {
            return view;
        }

        var metadata = new JsonObject { ["uid"] = view.Object.Uid };        // else apply would make a Node that was just deleted
        Add(metadata, "labels", labels);
        Add(metadata, "annotations", annotations);
        return new NodeView(await _client.ApplyAsync(
            KubeResource.Nodes, null, _settings.NodeName, new JsonObject { ["metadata"] = metadata }, new KubeApplyOptions { Force = true },
            cancellationToken).ConfigureAwait(false));
    }

    private bool IsApplied(
        NodeView view, string map, IReadOnlyDictionary<string, string> actual, Dictionary<string, string> wanted) =>
        wanted.All(entry => actual.TryGetValue(entry.Key, out var value) && value == entry.Value)
        && view.AppliedBy(_client.FieldManager, map).SetEquals(wanted.Keys);

    // Below our own prefix the agent's word counts; elsewhere whoever came first keeps the label.
    private void LeaveContestedAlone(NodeView view, Dictionary<string, string> labels)
    {
        var ours = view.AppliedBy(_client.FieldManager, "labels");
        var contested = labels
            .Where(label => !label.Key.StartsWith(NodeMarks.OwnPrefix, StringComparison.Ordinal) && !ours.Contains(label.Key)
                && view.Object.Labels.TryGetValue(label.Key, out var value) && value != label.Value)
            .Select(label => label.Key).Order(StringComparer.Ordinal).ToList();
        foreach (var key in contested)
        {
            labels.Remove(key);
        }

        var named = string.Join(",", contested);
        if (named != _memory.ContestedLabels && named.Length > 0)
        {
            NodeObjectLog.LabelsContested(_logger, _settings.NodeName, named);
        }

        _memory.ContestedLabels = named;
    }

    // The wanted taints that are ours already, or that nobody has put there yet.
    private static string OwnTaints(NodeView view, AdvertisementPlan plan)
    {
        var recorded = Recorded(view);
        var there = view.Taints.Select(taint => taint.Identity).ToHashSet(StringComparer.Ordinal);
        var wanted = plan.Taints.Select(NodeTaint.IdentityOf).Where(taint => recorded.Contains(taint) || !there.Contains(taint));

        // Those that are to be removed stay written down until they are gone.
        return string.Join(",", wanted.Union(recorded.Where(there.Contains)).Order(StringComparer.Ordinal));
    }

    // Others can write annotations that may not remove taints, a kubelet for one: it counts only for taints that a plan can have.
    private static HashSet<string> Recorded(NodeView view) =>
        [.. view.Object.Annotations.GetValueOrDefault(NodeMarks.TaintsAnnotation, "").Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Where(taint => taint.LastIndexOf(':') is > 0 and var end
                && ResourceFamily.All.Any(family => taint.AsSpan(0, end).SequenceEqual(family.Name)))];

    private async Task<NodeView> WriteTaintsAsync(
        NodeView view, AdvertisementPlan plan, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var recorded = Recorded(view);
        var wanted = plan.Taints.ToDictionary(NodeTaint.IdentityOf, StringComparer.Ordinal);
        var open = view.IsClosed && MayOpen(view, now);
        var kept = view.Taints.Where(taint => !(open && taint.Key == NodeMarks.StartupTaint))
            .Where(taint => wanted.ContainsKey(taint.Identity) || !recorded.Contains(taint.Identity)).ToList();
        var added = wanted.Where(taint => kept.All(there => there.Identity != taint.Key)).Select(taint => taint.Value).ToList();
        if (kept.Count < view.Taints.Count || added.Count > 0)
        {
            var list = new JsonArray([.. kept.Select(taint => JsonNode.Parse(taint.Json.GetRawText())), .. added.Select(NodeTaint.ToNode)]);
            view = await PatchSpecAsync(view, new JsonObject { ["taints"] = list }, cancellationToken).ConfigureAwait(false);
        }

        if (open)
        {
            Opened(view, now);
        }

        // The record of taints that are gone now.
        if (recorded.Any(taint => !wanted.ContainsKey(taint)))
        {
            _memory.DueAt(now);
        }

        return view;
    }

    private async Task<NodeView> WriteConditionsAsync(
        NodeView view, List<NodeCondition> wanted, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var time = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var changes = new JsonArray();
        foreach (var condition in wanted)
        {
            var actual = view.Condition(condition.Type);
            var status = actual is { } there ? NodeView.Text(there, "status") : null;
            if (status == condition.StatusWord && NodeView.Text(actual!.Value, "reason") == condition.Reason
                && NodeView.Text(actual.Value, "message") == condition.Message)
            {
                continue;
            }

            var since = status == condition.StatusWord ? NodeView.Text(actual!.Value, "lastTransitionTime") : "";
            changes.Add((JsonNode)new JsonObject
            {
                ["type"] = condition.Type,
                ["status"] = condition.StatusWord,
                ["reason"] = condition.Reason,
                ["message"] = condition.Message,
                ["lastHeartbeatTime"] = time,
                ["lastTransitionTime"] = since.Length > 0 ? since : time,
            });
        }

        foreach (var type in NodeMarks.Conditions.Where(type => wanted.All(condition => condition.Type != type)))
        {
            if (view.Condition(type) is not null)
            {
                changes.Add((JsonNode)new JsonObject { ["type"] = type, ["$patch"] = "delete" });
            }
        }

        return changes.Count == 0
            ? view
            : new NodeView(await _client.PatchAsync(
                KubeResource.Nodes, null, _settings.NodeName,
                KubePatch.StrategicMerge(new JsonObject
                {
                    ["metadata"] = new JsonObject { ["uid"] = view.Object.Uid },
                    ["status"] = new JsonObject { ["conditions"] = changes },
                }),
                "status", cancellationToken).ConfigureAwait(false));
    }

    // Taints are one list that is replaced whole: only of the version that was looked at.
    private Task<NodeView> PatchSpecAsync(NodeView view, JsonObject spec, CancellationToken cancellationToken) =>
        PatchAsync(view, new JsonObject { ["resourceVersion"] = view.Object.ResourceVersion }, spec, cancellationToken);

    private async Task<NodeView> PatchAsync(NodeView view, JsonObject metadata, JsonObject? spec, CancellationToken cancellationToken)
    {
        metadata["uid"] = view.Object.Uid;
        var change = new JsonObject { ["metadata"] = metadata };
        if (spec is not null)
        {
            change["spec"] = spec;
        }

        return new NodeView(await _client.PatchAsync(
            KubeResource.Nodes, null, _settings.NodeName, KubePatch.Merge(change), cancellationToken: cancellationToken)
            .ConfigureAwait(false));
    }

    private static void Add(JsonObject metadata, string name, Dictionary<string, string> entries)
    {
        if (entries.Count > 0)
        {
            metadata[name] = new JsonObject(entries.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value)));
        }
    }
}
