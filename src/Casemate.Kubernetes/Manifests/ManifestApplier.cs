using System.Text.Json.Nodes;

namespace Casemate.Kubernetes;

/// <summary>
/// Applies lists of objects in the order in which they need each other, tells beforehand what would change, and removes what it made and
/// nothing else.
/// </summary>
public sealed partial class ManifestApplier
{
    private const string ListKey = "objects";

    private readonly KubeClient _client;
    private KubeDiscovery? _discovery;

    /// <summary>Makes one; nothing is asked yet.</summary>
    /// <param name="client">Whom to ask; stays the caller's.</param>
    public ManifestApplier(KubeClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
    }

    private sealed record Target(KubeResource Resource, KubeObject Wanted, string? Namespace)
    {
        public InventoryEntry Entry => new(Resource, Namespace, Wanted.Name);
    }

    /// <summary>Tells what applying would do; the server judges each object and keeps nothing (<c>dryRun=All</c>).</summary>
    /// <param name="objects">The objects, in any order.</param>
    /// <param name="options">How; null: defaults.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>One change an object, in the order of applying.</returns>
    /// <exception cref="KubeException">The server cannot be asked at all; what it refuses is in the changes.</exception>
    public async Task<IReadOnlyList<ManifestChange>> PlanAsync(
        IReadOnlyList<KubeObject> objects, ManifestApplyOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objects);
        options ??= ManifestApplyOptions.Default;
        var changes = new List<ManifestChange>();
        foreach (var wanted in ManifestOrder.Sort(objects))
        {
            var target = await FindAsync(wanted, objects, options, cancellationToken).ConfigureAwait(false);
            changes.Add(target is null ? NotServed(wanted) : await PlanOneAsync(target, objects, options, cancellationToken)
                .ConfigureAwait(false));
        }

        return changes;
    }

    /// <summary>Applies the objects, one after the other; stops at the first that fails.</summary>
    /// <param name="objects">The objects, in any order.</param>
    /// <param name="options">How; null: defaults.</param>
    /// <param name="told">Told each change when it is done; null: nobody.</param>
    /// <param name="cancellationToken">Stops it between two objects.</param>
    /// <exception cref="KubeException">
    /// An object was refused, its fields belong to others (<see cref="KubeException.Conflicts"/>), or its kind is not served. What was told
    /// is done; applying again goes on from there.
    /// </exception>
    public async Task<IReadOnlyList<ManifestChange>> ApplyAsync(
        IReadOnlyList<KubeObject> objects, ManifestApplyOptions? options = null, Action<ManifestChange>? told = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objects);
        options ??= ManifestApplyOptions.Default;
        var (changes, targets) = (new List<ManifestChange>(), new List<Target>());
        foreach (var wanted in ManifestOrder.Sort(objects))
        {
            targets.Add(await FindAsync(wanted, objects, options, cancellationToken).ConfigureAwait(false)
                ?? throw new KubeException(NotServed(wanted).Problem, reason: "NoSuchKind"));
        }

        var isRecorded = options.Inventory is null;
        IReadOnlyList<InventoryEntry> before = [];
        var entries = targets.Select(target => target.Entry).ToList();
        foreach (var target in targets)
        {
            // Namespaces come first, as the list's own may be among them; they carry the label.
            if (!isRecorded && target.Resource != KubeResource.Namespaces)
            {
                before = await ReadListAsync(options.Inventory!, cancellationToken).ConfigureAwait(false);
                await WriteListAsync(options.Inventory!, before.Union(entries), options, cancellationToken).ConfigureAwait(false);
                isRecorded = true;
            }

            changes.Add(await ApplyOneAsync(target, options, cancellationToken).ConfigureAwait(false));
            told?.Invoke(changes[^1]);
        }

        if (options.Inventory is { } inventory)
        {
            if (!isRecorded)
            {
                before = await ReadListAsync(inventory, cancellationToken).ConfigureAwait(false);
            }

            var left = options.Prune
                ? await PruneAsync(inventory, before.Except(entries), options, cancellationToken).ConfigureAwait(false)
                : before.Except(entries);
            await WriteListAsync(inventory, entries.Concat(left), options, cancellationToken).ConfigureAwait(false);
        }

        return changes;
    }

    /// <summary>Waits until the objects are what they shall be; see <see cref="RolloutStatus.Of"/>.</summary>
    /// <param name="objects">The objects; those that are complete by being there are passed over.</param>
    /// <param name="limit">How long to wait for all of them.</param>
    /// <param name="options">How they were applied; null: defaults.</param>
    /// <param name="progress">Told each new status; null: nobody.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>The last status of each; <see cref="RolloutState.Progressing"/> where the time was up. Ends with the first failure.</returns>
    /// <exception cref="KubeException">A kind is not served, or a status cannot be read.</exception>
    public async Task<IReadOnlyList<(KubeObject Wanted, RolloutStatus Status)>> WaitAsync(
        IReadOnlyList<KubeObject> objects, TimeSpan limit, ManifestApplyOptions? options = null,
        Action<KubeObject, RolloutStatus>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objects);
        options ??= ManifestApplyOptions.Default;
        var (begin, outcomes) = (_client.Time.GetTimestamp(), new List<(KubeObject, RolloutStatus)>());
        foreach (var wanted in ManifestOrder.Sort(objects).Where(one => one.Kind is
            "DaemonSet" or "Deployment" or "Job" or "Pod" or "CustomResourceDefinition" or "APIService"))
        {
            var target = await FindAsync(wanted, objects, options, cancellationToken).ConfigureAwait(false)
                ?? throw new KubeException(NotServed(wanted).Problem, reason: "NoSuchKind");
            var left = limit - _client.Time.GetElapsedTime(begin);
            var status = await _client.WaitForRolloutAsync(
                target.Resource, target.Namespace, wanted.Name, left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1),
                status => progress?.Invoke(wanted, status), cancellationToken).ConfigureAwait(false);
            outcomes.Add((wanted, status));
            if (status.State is RolloutState.Failed)
            {
                break;
            }
        }

        return outcomes;
    }

    private static ManifestChange NotServed(KubeObject wanted) => new(null, wanted, wanted.Namespace, ManifestAction.Refuse)
    {
        Problem = wanted.Name.Length == 0
            ? $"the {wanted.Kind} has no name of its own, which applying needs: write metadata.name"
            : $"the server serves no {wanted.Kind} of {wanted.ApiVersion}: its version is too old, or the kind is not installed",
    };

    private async Task<Target?> FindAsync(
        KubeObject wanted, IReadOnlyList<KubeObject> all, ManifestApplyOptions options, CancellationToken cancellationToken)
    {
        var resource = KubeResource.FindKnown(wanted.ApiVersion, wanted.Kind)
            ?? all.Where(one => one.Kind == "CustomResourceDefinition").Select(one => DefinedBy(one, wanted)).FirstOrDefault(one => one is not null);
        if (resource is null)
        {
            _discovery ??= await _client.DiscoverAsync(cancellationToken).ConfigureAwait(false);
            resource = _discovery.Find(wanted.ApiVersion, wanted.Kind)?.Resource;
        }

        return resource is null || wanted.Name.Length == 0
            ? null
            : new Target(
                resource, wanted, resource.Namespaced ? wanted.Namespace ?? options.Namespace ?? _client.Configuration.Namespace : null);
    }

    private static KubeResource? DefinedBy(KubeObject definition, KubeObject wanted)
    {
        var group = definition.At("spec", "group")?.GetString() ?? "";
        var version = wanted.ApiVersion.Split('/')[^1];
        return definition.At("spec", "names", "kind")?.GetString() == wanted.Kind && wanted.ApiVersion == $"{group}/{version}"
            && definition.At("spec", "names", "plural")?.GetString() is { } plural
            && definition.ListAt("spec", "versions").Any(one => KubeObject.Text(one, "name") == version)
                ? new KubeResource(group, version, plural, wanted.Kind, definition.At("spec", "scope")?.GetString() == "Namespaced")
                : null;
    }

    private async Task<ManifestChange> PlanOneAsync(
        Target target, IReadOnlyList<KubeObject> all, ManifestApplyOptions options, CancellationToken cancellationToken)
    {
        var change = new ManifestChange(target.Resource, target.Wanted, target.Namespace, ManifestAction.Create);
        KubeObject? live = null;
        try
        {
            live = await _client.TryGetAsync(target.Resource, target.Namespace, target.Wanted.Name, cancellationToken).ConfigureAwait(false);
            var after = await SendAsync(target, live, options, isDry: true, cancellationToken).ConfigureAwait(false);
            var differences = ManifestDiff.Compare(live, after);
            return change with
            {
                Action = live is null ? ManifestAction.Create : differences.Count > 0 ? ManifestAction.Change : ManifestAction.Keep,
                Differences = differences,
            };
        }
        catch (KubeException exception) when (exception.IsNotFound && live is null && ComesWith(target, all))
        {
            return change with
            {
                Differences = ManifestDiff.Compare(null, target.Wanted),
                Problem = "not judged by the server: its namespace or kind comes with the same list",
            };
        }
        catch (KubeException exception) when (exception.Conflicts.Count > 0)
        {
            return change with { Action = ManifestAction.Conflict, Conflicts = exception.Conflicts, Problem = exception.Message };
        }
        catch (KubeException exception) when (exception.StatusCode is >= 400 and < 500)
        {
            return change with { Action = ManifestAction.Refuse, Problem = exception.Message };
        }
    }

    private static bool ComesWith(Target target, IReadOnlyList<KubeObject> all) =>
        all.Any(one => (one.Kind == "Namespace" && one.Name == target.Namespace)
            || (one.Kind == "CustomResourceDefinition" && DefinedBy(one, target.Wanted) is not null));

    private async Task<ManifestChange> ApplyOneAsync(Target target, ManifestApplyOptions options, CancellationToken cancellationToken)
    {
        var live = await _client.TryGetAsync(target.Resource, target.Namespace, target.Wanted.Name, cancellationToken).ConfigureAwait(false);
        var after = await SendAsync(target, live, options, isDry: false, cancellationToken).ConfigureAwait(false);
        if (target.Resource == KubeResource.CustomResourceDefinitions)
        {
            var status = await _client.WaitForRolloutAsync(
                target.Resource, null, target.Wanted.Name, options.EstablishLimit, cancellationToken: cancellationToken)
                .ConfigureAwait(false);
            if (status.State is not RolloutState.Complete)
            {
                throw new KubeException(
                    $"The kind {target.Wanted.Name} was made and not served within {options.EstablishLimit.TotalSeconds:0} s: {status.Message}.",
                    reason: "Timeout", mayRetry: true);
            }
        }

        return new ManifestChange(
            target.Resource, target.Wanted, target.Namespace,
            live is null ? ManifestAction.Create
                : live.Uid == after.Uid && live.ResourceVersion == after.ResourceVersion ? ManifestAction.Keep : ManifestAction.Change)
        {
            Differences = ManifestDiff.Compare(live, after),
        };
    }

    private Task<KubeObject> SendAsync(
        Target target, KubeObject? live, ManifestApplyOptions options, bool isDry, CancellationToken cancellationToken)
    {
        var body = target.Wanted.ToNode();
        foreach (var name in (string[])["managedFields", "resourceVersion", "uid", "creationTimestamp", "generation"])
        {
            ((JsonObject)body["metadata"]!).Remove(name);
        }

        body.Remove("status");
        if (target.Namespace is null)
        {
            ((JsonObject)body["metadata"]!).Remove("namespace");
        }
        else
        {
            body["metadata"]!["namespace"] = target.Namespace;
        }

        if (options.Inventory is { } inventory)
        {
            Mark(body, "labels", inventory.LabelKey, inventory.Name);
            if (live is not null && (!inventory.Owns(live) || live.Annotations.ContainsKey(ManifestInventory.AdoptedAnnotation)))
            {
                Mark(body, "annotations", ManifestInventory.AdoptedAnnotation, "true");
            }
        }

        return _client.ApplyAsync(
            target.Resource, target.Namespace, target.Wanted.Name, body,
            new KubeApplyOptions { FieldManager = options.FieldManager, Force = options.Force, DryRun = isDry }, cancellationToken);
    }

    private static void Mark(JsonObject body, string where, string key, string value)
    {
        if (body["metadata"]![where] is not JsonObject map)
        {
            body["metadata"]![where] = map = new JsonObject();
        }

        map[key] = value;
    }

    private async Task<IReadOnlyList<InventoryEntry>> ReadListAsync(ManifestInventory inventory, CancellationToken cancellationToken)
    {
        var map = await _client.TryGetAsync(KubeResource.ConfigMaps, inventory.Namespace, inventory.Name, cancellationToken)
            .ConfigureAwait(false);
        return map?.MapAt("data").GetValueOrDefault(ListKey) is { } list ? InventoryEntry.Read(list) : [];
    }

    private Task WriteListAsync(
        ManifestInventory inventory, IEnumerable<InventoryEntry> entries, ManifestApplyOptions options, CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [inventory.LabelKey] = inventory.Name } },
            ["data"] = new JsonObject { [ListKey] = InventoryEntry.Write(entries) },
        };
        return _client.ApplyAsync(
            KubeResource.ConfigMaps, inventory.Namespace, inventory.Name, body,
            new KubeApplyOptions { FieldManager = options.FieldManager, Force = true }, cancellationToken);
    }
}
