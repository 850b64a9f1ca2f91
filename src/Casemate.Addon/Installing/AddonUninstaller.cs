using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Admission;
using Casemate.Kubernetes;
using Casemate.Node.NodeObject;

namespace Casemate.Addon;

/// <summary>
/// Removes what the add-on made and nothing else: its objects, what its programs wrote while they ran, and what its agent wrote on Nodes. It
/// finds them by the list, by the label where the list is gone, and on Nodes by who wrote a field, so it works after an installation that
/// stopped anywhere, and can be done again after one of its own.
/// </summary>
public sealed class AddonUninstaller
{
    private const string Driver = "sgx.casemate.dev";

    private readonly KubeClient _client;
    private readonly KubeClient _asAgent;
    private readonly ManifestApplier _applier;

    /// <summary>Makes one; nothing is asked yet.</summary>
    /// <param name="client">Whom to ask; stays the caller's.</param>
    /// <param name="asAgent">
    /// The same cluster, with the field manager <see cref="NodeMarks.FieldManager"/>: a Node's fields are given back under the name that
    /// took them. Stays the caller's.
    /// </param>
    public AddonUninstaller(KubeClient client, KubeClient asAgent)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(asAgent);
        ArgumentOutOfRangeException.ThrowIfNotEqual(asAgent.FieldManager, NodeMarks.FieldManager, nameof(asAgent));
        (_client, _asAgent, _applier) = (client, asAgent, new ManifestApplier(client));
    }

    /// <summary>
    /// Removes: what the API server asks first, then what runs, then the rest, then what is on Nodes, where no agent can write it again.
    /// </summary>
    /// <param name="options">How; null: defaults.</param>
    /// <param name="told">Told each outcome; null: nobody.</param>
    /// <param name="cancellationToken">Stops it between two objects; the same call goes on from there.</param>
    /// <exception cref="KubeException">The cluster cannot be asked; what it refuses later is in the outcome.</exception>
    public async Task<AddonUninstallation> RunAsync(
        AddonUninstallOptions? options = null, Action<string>? told = null, CancellationToken cancellationToken = default)
    {
        options ??= new AddonUninstallOptions();
        var applied = options.IncludeApplied || options.DryRun ? await FindAppliedAsync(cancellationToken).ConfigureAwait(false) : [];
        var held = await HeldNamespaces.FindAsync(
            _client, (options.IncludeApplied ? applied : []).Select(one => one.Uid).ToHashSet(StringComparer.Ordinal), cancellationToken).ConfigureAwait(false);
        var objects = new List<ManifestRemoval>();
        void Tell(ManifestRemoval removal)
        {
            if (removal is { Outcome: ManifestRemovalOutcome.Spared, Resource.Kind: "Namespace" } && held.TryGetValue(removal.Name, out var by))
            {
                removal = removal with { Message = $"it holds what is not the add-on's: {by}" };
            }

            objects.Add(removal);
            if (removal.Outcome is not ManifestRemovalOutcome.WasGone)
            {
                told?.Invoke(removal.ToString());
            }
        }

        foreach (var (removal, _) in options.IncludeApplied ? applied : [])
        {
            if (await TakeAsync(removal, options, cancellationToken).ConfigureAwait(false) is { } outcome)
            {
                Tell(outcome);
            }
        }

        var how = new ManifestRemoveOptions
        {
            FieldManager = AddonInstaller.FieldManager,
            DryRun = options.DryRun,
            Limit = options.Limit,
            PollPeriod = options.PollPeriod,
            DeleteAdopted = options.IncludeApplied,
            Spare = one => one.Kind is "Namespace" && held.ContainsKey(one.Name),
        };
        await _applier.RemoveAsync(AddonInstaller.Inventory, how, Tell, cancellationToken).ConfigureAwait(false);
        foreach (var (removal, uid) in await FindWrittenAsync(options, cancellationToken).ConfigureAwait(false))
        {
            Tell(await DeleteAsync(removal, uid, options, cancellationToken).ConfigureAwait(false));
        }

        var nodes = await CleanNodesAsync(options, told, cancellationToken).ConfigureAwait(false);
        var left = options.IncludeApplied ? [] : options.DryRun ? applied : await FindAppliedAsync(cancellationToken).ConfigureAwait(false);
        return new AddonUninstallation(objects, nodes, [.. left.Select(one => one.Removal with
        {
            Outcome = ManifestRemovalOutcome.Spared, Message = "something else made it",
        })]);
    }

    // Objects under the names of the add-on's manifests that speak of it and do not carry its label, in the order of removing.
    private async Task<IReadOnlyList<(ManifestRemoval Removal, string Uid)>> FindAppliedAsync(CancellationToken cancellationToken)
    {
        var names = Enum.GetValues<AddonOverlay>()
            .SelectMany(overlay => AddonManifests.Objects(new AddonOptions { Overlay = overlay, WithQuoteHelper = true }))
            .Select(one => (Kind: KubeResource.FindKnown(one.ApiVersion, one.Kind)!, one.Namespace, one.Name)).Distinct()
            .OrderByDescending(one => ManifestOrder.RankOf(one.Kind.Kind)).ToList();
        var found = new List<(ManifestRemoval, string)>();
        foreach (var (kind, space, name) in names)
        {
            if (await _client.TryGetAsync(kind, space, name, cancellationToken).ConfigureAwait(false) is { } live
                && !AddonInstaller.Inventory.Owns(live) && live.Json.GetRawText().Contains("casemate", StringComparison.Ordinal))
            {
                found.Add((new ManifestRemoval(kind, space, name, ManifestRemovalOutcome.Deleted), live.Uid));
            }
        }

        return found;
    }

    // With the label it is removed like the rest: in order, and waited for.
    private async Task<ManifestRemoval?> TakeAsync(
        ManifestRemoval removal, AddonUninstallOptions options, CancellationToken cancellationToken)
    {
        if (options.DryRun)
        {
            return removal;
        }

        try
        {
            await _client.PatchAsync(
                removal.Resource, removal.Namespace, removal.Name,
                KubePatch.Merge(new JsonObject
                {
                    ["metadata"] = new JsonObject
                    {
                        ["labels"] = new JsonObject { [AddonInstaller.Inventory.LabelKey] = AddonInstaller.Inventory.Name },
                    },
                }),
                cancellationToken: cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (KubeException exception)
        {
            return removal with { Outcome = ManifestRemovalOutcome.Refused, Message = ServerText.Clean(exception.Message) };
        }
    }

    // What the add-on's programs made while they ran, and no list names; only where they are gone, or they would make it again.
    private async Task<IReadOnlyList<(ManifestRemoval Removal, string Uid)>> FindWrittenAsync(
        AddonUninstallOptions options, CancellationToken cancellationToken)
    {
        var found = new List<(ManifestRemoval, string)>();
        var discovery = await _client.DiscoverAsync(cancellationToken).ConfigureAwait(false);
        if (options.DryRun || !await IsThereAsync(KubeResource.Deployments, AddonOptions.SystemNamespace, "casemate-webhook", cancellationToken)
            .ConfigureAwait(false))
        {
            var (kind, space, name) = HeldNamespaces.Certificate;
            if (await _client.TryGetAsync(kind, space, name, cancellationToken).ConfigureAwait(false) is { } certificate
                && HeldNamespaces.IsCertificate(kind, certificate))
            {
                found.Add((new ManifestRemoval(kind, space, name, ManifestRemovalOutcome.Deleted), certificate.Uid));
            }

            await AddAsync(
                KubeResource.ResourceClaimTemplates, $"{ClaimTemplate.ManagedByLabel}={ClaimTemplate.ManagedByWebhook}", static _ => true)
                .ConfigureAwait(false);
        }

        if (options.DryRun || !await HasAgentAsync(cancellationToken).ConfigureAwait(false))
        {
            await AddAsync(
                KubeResource.ResourceSlices, null, static one => one.At("spec", "driver")?.ToString() == Driver).ConfigureAwait(false);
        }

        return found;

        async Task AddAsync(KubeResource kind, string? selector, Func<KubeObject, bool> isOurs)
        {
            if (discovery.Serves(kind))
            {
                var list = await _client.ListAsync(kind, new KubeListOptions { LabelSelector = selector }, cancellationToken)
                    .ConfigureAwait(false);
                found.AddRange(list.Items.Where(isOurs).Select(
                    one => (new ManifestRemoval(kind, one.Namespace, one.Name, ManifestRemovalOutcome.Deleted), one.Uid)));
            }
        }
    }

    private async Task<ManifestRemoval> DeleteAsync(
        ManifestRemoval removal, string uid, AddonUninstallOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await _client.DeleteAsync(
                removal.Resource, removal.Namespace, removal.Name, new KubeDeleteOptions { Uid = uid, DryRun = options.DryRun },
                cancellationToken).ConfigureAwait(false);
            return removal;
        }
        catch (KubeException exception)
        {
            return removal with { Outcome = ManifestRemovalOutcome.Refused, Message = ServerText.Clean(exception.Message) };
        }
    }

    private async Task<IReadOnlyList<NodeCleaning>> CleanNodesAsync(
        AddonUninstallOptions options, Action<string>? told, CancellationToken cancellationToken)
    {
        var hasAgent = !options.DryRun && await HasAgentAsync(cancellationToken).ConfigureAwait(false);
        var cleanings = new List<NodeCleaning>();
        var nodes = await _client.ListAsync(KubeResource.Nodes, cancellationToken: cancellationToken).ConfigureAwait(false);
        foreach (var node in nodes.Items.Where(MayCarryMarks))
        {
            var reconciler = new NodeObjectReconciler(_asAgent, new NodeObjectSettings { NodeName = node.Name });
            if (await CleanAsync(reconciler, node.Name, options.DryRun, hasAgent, cancellationToken).ConfigureAwait(false) is { } cleaning)
            {
                cleanings.Add(cleaning);
                told?.Invoke(
                    cleaning.Problem is null ? $"Cleaned Node {cleaning.Node}" : $"Refused Node {cleaning.Node}: {cleaning.Problem}");
            }
        }

        return cleanings;
    }

    // Cheap, to ask about few Nodes; what is the agent's there is for the agent's own rules to say.
    private static bool MayCarryMarks(KubeObject node) =>
        node.ListAt("metadata", "managedFields").Any(entry =>
            entry.ValueKind is JsonValueKind.Object && entry.TryGetProperty("manager", out var manager)
            && manager.ValueEquals(NodeMarks.FieldManager))
        || NodeKind.Read(node).Status.Conditions.Any(one => NodeMarks.Conditions.Contains(one.Type));

    private static async Task<NodeCleaning?> CleanAsync(
        NodeObjectReconciler reconciler, string name, bool isDry, bool hasAgent, CancellationToken cancellationToken)
    {
        NodeRemoval? removal = null;
        try
        {
            removal = await reconciler.FindRemovalAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            if (removal is null or { IsEmpty: true })
            {
                return null;
            }

            if (!isDry && !hasAgent)
            {
                await reconciler.RemoveAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            }

            return new NodeCleaning(name, removal, hasAgent ? "the node agent is still there, and would write it again" : null);
        }
        catch (KubeException exception)
        {
            return new NodeCleaning(name, removal ?? new NodeRemoval([], [], [], [], []), ServerText.Clean(exception.Message));
        }
    }

    private Task<bool> HasAgentAsync(CancellationToken cancellationToken) =>
        IsThereAsync(KubeResource.DaemonSets, AddonOptions.NodeNamespace, "casemate-node", cancellationToken);

    private async Task<bool> IsThereAsync(KubeResource kind, string space, string name, CancellationToken cancellationToken) =>
        await _client.TryGetAsync(kind, space, name, cancellationToken).ConfigureAwait(false) is not null;
}
