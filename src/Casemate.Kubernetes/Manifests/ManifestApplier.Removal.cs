using System.Text.Json;
using System.Text.Json.Nodes;

namespace Casemate.Kubernetes;

public sealed partial class ManifestApplier
{
    private const int MostTries = 5;

    // What controllers make from labelled objects carries their labels; it goes with them.
    private static readonly KubeResource[] s_neverSwept = [KubeResource.Events, KubeResource.EndpointSlices, KubeResource.Nodes];

    /// <summary>
    /// Removes what an inventory lists and what carries its label, in the reverse order of applying, and waits until it is gone. An object
    /// without the label is not touched; one that was there before the installation stays as it is, without the installation's marks. The
    /// list itself goes when nothing is left to do, so that a removal that stopped half-way can be repeated.
    /// </summary>
    /// <param name="inventory">What was remembered.</param>
    /// <param name="options">How; null: defaults.</param>
    /// <param name="told">Told each outcome; null: nobody.</param>
    /// <param name="cancellationToken">Stops it between two objects.</param>
    /// <exception cref="KubeException">The inventory cannot be read; what the server refuses later is in the outcomes.</exception>
    public async Task<IReadOnlyList<ManifestRemoval>> RemoveAsync(
        ManifestInventory inventory, ManifestRemoveOptions? options = null, Action<ManifestRemoval>? told = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inventory);
        options ??= ManifestRemoveOptions.Default;
        var begin = _client.Time.GetTimestamp();
        var outcomes = new List<ManifestRemoval>();
        void Tell(ManifestRemoval outcome)
        {
            outcomes.Add(outcome);
            told?.Invoke(outcome);
        }

        var own = new InventoryEntry(KubeResource.ConfigMaps, inventory.Namespace, inventory.Name);
        var entries = (await ReadListAsync(inventory, cancellationToken).ConfigureAwait(false)).ToList();
        if (options.Sweep)
        {
            entries.AddRange(await SweepAsync(inventory, Tell, cancellationToken).ConfigureAwait(false));
        }

        // Of two names of one object (versions of a group) the first is enough; the second finds it gone.
        var ranks = entries.Distinct().Where(entry => entry != own).GroupBy(entry => ManifestOrder.RankOf(entry.Resource.Kind))
            .OrderByDescending(group => group.Key).ToList();
        foreach (var rank in ranks.Where(group => group.Key > 0))
        {
            foreach (var outcome in await RemoveRankAsync([.. rank], inventory, options, begin, cancellationToken).ConfigureAwait(false))
            {
                Tell(outcome);
            }
        }

        var isClean = !outcomes.Any(outcome => outcome.IsUnfinished);
        if (isClean && !options.DryRun
            && await _client.TryGetAsync(KubeResource.ConfigMaps, inventory.Namespace, inventory.Name, cancellationToken).ConfigureAwait(false)
                is { } list && inventory.Owns(list))
        {
            await _client.DeleteAsync(
                KubeResource.ConfigMaps, inventory.Namespace, inventory.Name, new KubeDeleteOptions { Uid = list.Uid }, cancellationToken)
                .ConfigureAwait(false);
        }

        foreach (var rank in ranks.Where(group => group.Key == 0))
        {
            var kept = isClean ? [] : rank.Where(entry => entry.Name == inventory.Namespace).ToList();
            foreach (var entry in kept)
            {
                Tell(new ManifestRemoval(
                    entry.Resource, null, entry.Name, ManifestRemovalOutcome.Spared, "it holds the list of what is left; run it again"));
            }

            foreach (var outcome in await RemoveRankAsync([.. rank.Except(kept)], inventory, options, begin, cancellationToken)
                .ConfigureAwait(false))
            {
                Tell(outcome);
            }
        }

        return outcomes;
    }

    private async Task<List<InventoryEntry>> SweepAsync(
        ManifestInventory inventory, Action<ManifestRemoval> tell, CancellationToken cancellationToken)
    {
        _discovery ??= await _client.DiscoverAsync(cancellationToken).ConfigureAwait(false);
        var found = new List<InventoryEntry>();
        foreach (var served in _discovery.Resources.Where(one =>
            one.Allows("list") && one.Allows("delete") && KubeResource.Known.Contains(one.Resource)
            && !s_neverSwept.Contains(one.Resource)))
        {
            try
            {
                var list = await _client.ListAsync(
                    served.Resource, new KubeListOptions { LabelSelector = inventory.Selector }, cancellationToken).ConfigureAwait(false);
                found.AddRange(list.Items.Where(item => item.ListAt("metadata", "ownerReferences").Count == 0)
                    .Select(item => new InventoryEntry(served.Resource, item.Namespace, item.Name)));
            }
            catch (KubeException exception) when (exception.IsForbidden)
            {
                tell(new ManifestRemoval(
                    served.Resource, null, "*", ManifestRemovalOutcome.Refused, $"not searched for what is left: {exception.Message}"));
            }
        }

        return found;
    }

    // All of a rank are asked to go, then all are waited for: what is needed by another is gone before that one is asked.
    private async Task<IReadOnlyList<ManifestRemoval>> RemoveRankAsync(
        IReadOnlyList<InventoryEntry> rank, ManifestInventory inventory, ManifestRemoveOptions options, long begin,
        CancellationToken cancellationToken)
    {
        var (outcomes, identities) = (new List<ManifestRemoval>(), new List<string>());
        foreach (var entry in rank)
        {
            var uid = "";
            var removal = new ManifestRemoval(entry.Resource, entry.Namespace, entry.Name, ManifestRemovalOutcome.Deleted);
            try
            {
                (removal, uid) = await RemoveOneAsync(removal, inventory, options, cancellationToken).ConfigureAwait(false);
            }
            catch (KubeException exception)
            {
                removal = removal with { Outcome = ManifestRemovalOutcome.Refused, Message = exception.Message };
            }

            outcomes.Add(removal);
            identities.Add(uid);
        }

        for (var i = 0; i < outcomes.Count; i++)
        {
            if (outcomes[i].Outcome is ManifestRemovalOutcome.StillThere)
            {
                outcomes[i] = await WaitUntilGoneAsync(outcomes[i], identities[i], options, begin, cancellationToken).ConfigureAwait(false);
            }
        }

        return outcomes;
    }

    private async Task<(ManifestRemoval Removal, string Uid)> RemoveOneAsync(
        ManifestRemoval removal, ManifestInventory inventory, ManifestRemoveOptions options, CancellationToken cancellationToken)
    {
        var live = await _client.TryGetAsync(removal.Resource, removal.Namespace, removal.Name, cancellationToken).ConfigureAwait(false);
        if (live is null)
        {
            return (removal with { Outcome = ManifestRemovalOutcome.WasGone }, "");
        }

        if (!inventory.Owns(live) || options.Spare(live))
        {
            var why = inventory.Owns(live) ? "it is to stay" : $"it does not carry the label {inventory.Selector}";
            return (removal with { Outcome = ManifestRemovalOutcome.Spared, Message = why }, "");
        }

        if (live.Annotations.ContainsKey(ManifestInventory.AdoptedAnnotation) && !options.DeleteAdopted)
        {
            return await ReleaseAsync(removal, live, inventory, options, cancellationToken).ConfigureAwait(false)
                ? (removal with { Outcome = ManifestRemovalOutcome.Released, Message = "it was there before, and stays as it is" }, "")
                : (removal with { Outcome = ManifestRemovalOutcome.WasGone }, "");
        }

        var was = await _client.DeleteAsync(
            removal.Resource, removal.Namespace, removal.Name,
            new KubeDeleteOptions { Uid = live.Uid, PropagationPolicy = options.PropagationPolicy, DryRun = options.DryRun },
            cancellationToken).ConfigureAwait(false);
        return !was || options.DryRun
            ? (removal, "")
            : (await LookAsync(removal, live.Uid, cancellationToken).ConfigureAwait(false), live.Uid);
    }

    // Only the marks go, and the memory of who wrote the fields. Their values stay: whoever made the object may since have lost fields to
    // this installation that the object cannot be without, and what they were before is not known.
    private async Task<bool> ReleaseAsync(
        ManifestRemoval removal, KubeObject live, ManifestInventory inventory, ManifestRemoveOptions options,
        CancellationToken cancellationToken)
    {
        for (var i = 1; !options.DryRun; i++)
        {
            try
            {
                var marks = new JsonObject
                {
                    ["uid"] = live.Uid,
                    ["resourceVersion"] = live.ResourceVersion,
                    ["labels"] = new JsonObject { [inventory.LabelKey] = null },
                    ["annotations"] = new JsonObject { [ManifestInventory.AdoptedAnnotation] = null },
                    ["managedFields"] = WritersOtherThan(options.FieldManager ?? _client.FieldManager, live),
                };
                await _client.PatchAsync(
                    removal.Resource, removal.Namespace, removal.Name, KubePatch.Merge(new JsonObject { ["metadata"] = marks }),
                    cancellationToken: cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (KubeException exception) when (exception.IsNotFound)
            {
                return false;
            }
            catch (KubeException exception) when (exception.IsConflict && i < MostTries)
            {
                // Somebody wrote it meanwhile: what they wrote is to stay too.
                var again = await _client.TryGetAsync(removal.Resource, removal.Namespace, removal.Name, cancellationToken)
                    .ConfigureAwait(false);
                if (again is null || again.Uid != live.Uid || !inventory.Owns(again))
                {
                    return again?.Uid == live.Uid;
                }

                live = again;
            }
        }

        return true;
    }

    // An empty list would be taken for one of a client that knows nothing of it; a list of one empty entry forgets all writers.
    private static JsonArray WritersOtherThan(string manager, KubeObject live)
    {
        var others = live.ListAt("metadata", "managedFields")
            .Where(entry => entry.ValueKind is JsonValueKind.Object && KubeObject.Text(entry, "manager") != manager)
            .Select(entry => (JsonNode?)JsonObject.Create(entry.Clone())).ToArray();
        return others.Length > 0 ? new JsonArray(others) : new JsonArray(new JsonObject());
    }

    // Deleted when it is gone, or another stands under its name; else StillThere, with its identity kept for the next look.
    private async Task<ManifestRemoval> LookAsync(ManifestRemoval removal, string uid, CancellationToken cancellationToken)
    {
        var live = await _client.TryGetAsync(removal.Resource, removal.Namespace, removal.Name, cancellationToken).ConfigureAwait(false);
        if (live is null || live.Uid != uid)
        {
            return removal with { Outcome = ManifestRemovalOutcome.Deleted, Message = "" };
        }

        var finalizers = live.ListAt("metadata", "finalizers").Select(one => one.ToString()).ToList();
        return removal with
        {
            Outcome = ManifestRemovalOutcome.StillThere,
            Message = finalizers.Count > 0 ? $"held by {StatusAnswer.Clean(string.Join(", ", finalizers))}" : "it is still ending",
        };
    }

    private async Task<ManifestRemoval> WaitUntilGoneAsync(
        ManifestRemoval removal, string uid, ManifestRemoveOptions options, long begin, CancellationToken cancellationToken)
    {
        while (_client.Time.GetElapsedTime(begin) < options.Limit)
        {
            await Task.Delay(options.PollPeriod, _client.Time, cancellationToken).ConfigureAwait(false);
            removal = await LookAsync(removal, uid, cancellationToken).ConfigureAwait(false);
            if (removal.Outcome is not ManifestRemovalOutcome.StillThere)
            {
                return removal;
            }
        }

        return removal;
    }

    /// <summary>Tells what applying would remove: what the inventory lists and the objects no longer hold. Changes nothing.</summary>
    /// <param name="objects">The objects that would be applied.</param>
    /// <param name="options">How they would be.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>One outcome an object that would go; nothing without an inventory.</returns>
    /// <exception cref="KubeException">The inventory cannot be read, or a kind is not served.</exception>
    public async Task<IReadOnlyList<ManifestRemoval>> PlanPruneAsync(
        IReadOnlyList<KubeObject> objects, ManifestApplyOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objects);
        ArgumentNullException.ThrowIfNull(options);
        if (options is not { Inventory: { } inventory, Prune: true })
        {
            return [];
        }

        var wanted = new HashSet<InventoryEntry>();
        foreach (var one in objects)
        {
            if (await FindAsync(one, objects, options, cancellationToken).ConfigureAwait(false) is { } target)
            {
                wanted.Add(target.Entry);
            }
        }

        var outcomes = new List<ManifestRemoval>();
        var dry = ManifestRemoveOptions.Default with { FieldManager = options.FieldManager, DryRun = true };
        foreach (var entry in (await ReadListAsync(inventory, cancellationToken).ConfigureAwait(false)).Where(one => !wanted.Contains(one)))
        {
            var (outcome, _) = await RemoveOneAsync(
                new ManifestRemoval(entry.Resource, entry.Namespace, entry.Name, ManifestRemovalOutcome.Deleted), inventory, dry,
                cancellationToken).ConfigureAwait(false);
            if (outcome.Outcome is ManifestRemovalOutcome.Deleted or ManifestRemovalOutcome.Released)
            {
                outcomes.Add(outcome);
            }
        }

        return outcomes;
    }

    private async Task<IEnumerable<InventoryEntry>> PruneAsync(
        ManifestInventory inventory, IEnumerable<InventoryEntry> gone, ManifestApplyOptions options, CancellationToken cancellationToken)
    {
        var remove = ManifestRemoveOptions.Default with { FieldManager = options.FieldManager };
        var (left, begin) = (new List<InventoryEntry>(), _client.Time.GetTimestamp());
        foreach (var rank in gone.GroupBy(entry => ManifestOrder.RankOf(entry.Resource.Kind)).OrderByDescending(group => group.Key))
        {
            var entries = rank.ToList();
            var outcomes = await RemoveRankAsync(entries, inventory, remove, begin, cancellationToken).ConfigureAwait(false);
            left.AddRange(entries.Where((_, i) => outcomes[i].IsUnfinished));
        }

        return left;
    }
}
