using System.Globalization;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;

namespace Casemate.Node.NodeObject;

public sealed partial class NodeObjectReconciler
{
    // A problem is logged once, and not each of endlessly many; the Events count the rest.
    private const int MostTold = 100;

    private List<EpcConflict> FindConflicts(NodeView view, AdvertisementPlan plan)
    {
        var conflicts = new List<EpcConflict>();
        if (plan.FrontEnd is EpcFrontEnd.None || view.Capacity is null)
        {
            return conflicts;
        }

        var kubelets = view.Kubelets;
        foreach (var family in ResourceFamily.All)
        {
            if (!view.Capacity.TryGetValue(family.Name, out var value))
            {
                continue;
            }

            var isOurName = plan.Family?.Name == family.Name;
            var writers = view.WritersOf(family.Name);
            var others = writers.Where(writer => writer != _client.FieldManager && !kubelets.Contains(writer)).ToList();
            var isZero = Quantity.TryRead(value, out var amount) && amount == 0;
            if (isOurName && plan.FrontEnd is EpcFrontEnd.OneDevicePerMib)
            {
                // The kubelet writes it, from our list.
                AddIf(conflicts, others.Count > 0 && !isZero, family, value, others, isOurName);
            }
            else if (isOurName)
            {
                var wanted = plan.Resources.First(resource => resource.Name == family.Name).Count;
                var differs = !Quantity.TryReadWhole(value, out var has) || has != wanted;
                var byPlugin = differs && !isZero && writers.Any(kubelets.Contains);
                AddIf(conflicts, differs && (others.Count > 0 || byPlugin), family, value, byPlugin ? [] : others, isOurName);
            }
            else
            {
                AddIf(conflicts, !isZero && !writers.Contains(_client.FieldManager), family, value, others, isOurName);
            }
        }

        return conflicts;
    }

    private static void AddIf(
        List<EpcConflict> conflicts, bool condition, ResourceFamily family, string value, List<string> writers, bool isOurName)
    {
        if (condition)
        {
            var named = writers.Count == 0
                ? "a device plugin (through the kubelet)"
                : string.Join(" and ", writers.Select(writer => $"field manager '{writer}'"));
            conflicts.Add(new EpcConflict(family.Name, value.Length <= 40 ? value : value[..40], named, isOurName));
        }
    }

    private static NodeCondition ConflictCondition(List<EpcConflict> conflicts) => conflicts.Count == 0
        ? new NodeCondition(NodeMarks.SgxEpcConflict, false, "OneWriter", "Nobody else offers this node's EPC.")
        : new NodeCondition(
            NodeMarks.SgxEpcConflict, true, conflicts[0].IsOurName ? "WrittenOver" : "OfferedTwice",
            string.Join(" ", conflicts.Select(conflict => conflict.Sentence)));

    private async Task<NodeView> WriteCapacityAsync(
        NodeView view, AdvertisementPlan plan, List<EpcConflict> conflicts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var conflict in conflicts)
        {
            if (_memory.Told.Count < MostTold && _memory.Told.Add(conflict.Sentence))
            {
                NodeObjectLog.Conflict(_logger, _settings.NodeName, conflict.Sentence);
            }

            await TellAsync(
                view, NodeEventReason.SgxEpcConflict, "Advertise", conflict.Sentence, isWarning: true, cancellationToken)
                .ConfigureAwait(false);
        }

        // Capacity alone: the kubelet makes allocatable of it. Without any, it has not written its first status yet.
        if (view.Capacity is null)
        {
            return view;
        }

        var wanted = plan.Resources.Where(resource => resource.Carrier is ResourceCarrier.NodeStatus)
            .ToDictionary(resource => resource.Name, resource => resource.Count, StringComparer.Ordinal);
        foreach (var (name, count) in wanted)
        {
            view = await WriteAmountAsync(view, name, count, conflicts, now, cancellationToken).ConfigureAwait(false);
        }

        // What an earlier plan wrote. A name that the device plugin carries now is the kubelet's to correct.
        var kept = plan.Resources.Where(resource => resource.Carrier is ResourceCarrier.DevicePlugin).Select(resource => resource.Name);
        foreach (var name in ResourceFamily.All.Select(family => family.Name).Except(wanted.Keys).Except(kept))
        {
            view = await RemoveAmountAsync(view, name, cancellationToken).ConfigureAwait(false);
        }

        return view;
    }

    private async Task<NodeView> WriteAmountAsync(
        NodeView view, string name, long count, List<EpcConflict> conflicts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var has = view.Capacity!.GetValueOrDefault(name);
        if (Quantity.TryReadWhole(has, out var value) && value == count)
        {
            return view;
        }

        var budget = conflicts.Any(conflict => conflict.IsOurName) ? _againstOthers : _afterKubelet;
        if (!budget.TrySpend(now))
        {
            if (budget.NextAt(now) is { } next)
            {
                _memory.DueAt(next);
            }

            return view;
        }

        var text = count.ToString(CultureInfo.InvariantCulture);
        var place = KubePatch.Pointer("status", "capacity", name);
        var patched = await PatchStatusAsync(
            view,
            has is null
                ? new JsonArray(Operation("add", place, text))
                : new JsonArray(Operation("test", place, has), Operation("replace", place, text)),
            cancellationToken).ConfigureAwait(false);
        _memory.Restores++;
        NodeObjectLog.CapacityWritten(_logger, _settings.NodeName, name, has ?? "absent", count);
        return patched;
    }

    private async Task<NodeView> RemoveAmountAsync(NodeView view, string name, CancellationToken cancellationToken)
    {
        if (view.Capacity?.TryGetValue(name, out var has) is not true || !view.WritersOf(name).Contains(_client.FieldManager))
        {
            return view;
        }

        var place = KubePatch.Pointer("status", "capacity", name);
        return await PatchStatusAsync(
            view, new JsonArray(Operation("test", place, has), new JsonObject { ["op"] = "remove", ["path"] = place }), cancellationToken)
            .ConfigureAwait(false);
    }

    // The first operation holds the patch to this very Node: one made again under the same name is another.
    private async Task<NodeView> PatchStatusAsync(NodeView view, JsonArray operations, CancellationToken cancellationToken)
    {
        operations.Insert(0, Operation("test", KubePatch.Pointer("metadata", "uid"), view.Object.Uid));
        return new NodeView(await _client.PatchAsync(
            KubeResource.Nodes, null, _settings.NodeName, KubePatch.Operations(operations), "status", cancellationToken)
            .ConfigureAwait(false));
    }

    private static JsonObject Operation(string name, string path, string value) =>
        new() { ["op"] = name, ["path"] = path, ["value"] = value };

    private async Task<NodeCondition> JudgeAdvertisedAsync(
        NodeView view, NodeObjectWish wish, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (_memory.Expected is not { } before || !Same(before, wish.Expected))
        {
            (_memory.Expected, _memory.MissingSince) = (wish.Expected, null);   // the kubelet has its time again
        }

        var missing = wish.Expected
            .Where(entry => !(Quantity.TryReadWhole(view.Allocatable.GetValueOrDefault(entry.Key), out var value) && value == entry.Value))
            .OrderBy(entry => entry.Key, StringComparer.Ordinal).ToList();
        if (missing.Count == 0)
        {
            _memory.MissingSince = null;
            _memory.AdvertisedAt ??= now;
            return new NodeCondition(NodeMarks.EpcAdvertised, true, "Advertised", "The scheduler sees what is offered.");
        }

        var since = _memory.MissingSince ??= now;
        if (now - since < _settings.AdvertisedWithin)
        {
            _memory.DueAt(since + _settings.AdvertisedWithin);
            return new NodeCondition(NodeMarks.EpcAdvertised, null, "Waiting", "The kubelet has not shown what is offered yet.");
        }

        var problem = string.Join(" ", missing.Select(entry =>
            $"{entry.Key} should be {entry.Value} and is {view.Allocatable.GetValueOrDefault(entry.Key, "absent")}."
                + Cause(view, wish.Plan, entry.Key)));
        if (_memory.Told.Count < MostTold && _memory.Told.Add(problem))
        {
            NodeObjectLog.NotAdvertised(_logger, _settings.NodeName, problem);
        }

        await TellAsync(
            view, NodeEventReason.EpcNotAdvertised, "Advertise", problem, isWarning: true, cancellationToken).ConfigureAwait(false);
        return new NodeCondition(NodeMarks.EpcAdvertised, false, "NotAdvertised", problem);
    }

    private static string Cause(NodeView view, AdvertisementPlan plan, string name)
    {
        var resource = plan.Resources.FirstOrDefault(planned => planned.Name == name);
        return resource?.Carrier switch
        {
            ResourceCarrier.DevicePlugin when resource.ListBytes > 0 && view.Capacity?.ContainsKey(name) is true =>
                string.Create(
                    CultureInfo.InvariantCulture,
                    $" The kubelet knows the name and does not take all devices: its list has {resource.ListBytes} bytes (limit 4194304), ")
                    + "or devices are unhealthy.",
            ResourceCarrier.DevicePlugin => " The kubelet does not know the name: the plugin is not registered.",
            ResourceCarrier.NodeStatus when view.Capacity?.ContainsKey(name) is true =>
                " It stands in the status: the kubelet has not made it allocatable yet.",
            _ => "",
        };
    }
}
