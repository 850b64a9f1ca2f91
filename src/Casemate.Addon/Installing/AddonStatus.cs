using System.Text.Json;
using Casemate.Addon.Manifests;
using Casemate.Admission;
using Casemate.Kubernetes;
using Casemate.Node.NodeObject;

namespace Casemate.Addon;

/// <summary>How an add-on in a cluster is.</summary>
/// <param name="Installed">What of it is there.</param>
/// <param name="Components">Its parts; empty when nothing of it is there.</param>
/// <param name="Webhook">The webhook's side of the API server; null when it is not part of it.</param>
/// <param name="Nodes">The nodes that offer something.</param>
/// <param name="Others">What else in the cluster offers SGX.</param>
/// <param name="Problems">What is not as it should be, a sentence each; empty when all is well.</param>
public sealed record AddonStatus(
    AddonInstalled Installed, IReadOnlyList<AddonComponent> Components, AddonWebhook? Webhook, IReadOnlyList<AddonNode> Nodes,
    IReadOnlyList<ExistingPlugin> Others, IReadOnlyList<string> Problems)
{
    /// <summary>Whether it is there and all is well.</summary>
    public bool IsHealthy => Installed.IsThere && Problems.Count == 0;

    /// <summary>Looks at a cluster. Writes nothing.</summary>
    /// <param name="client">Whom to ask.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="KubeException">The cluster cannot be asked.</exception>
    /// <exception cref="AddonException">What remembers the options was changed into something else.</exception>
    public static async Task<AddonStatus> ReadAsync(KubeClient client, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        var installed = await new AddonInstaller(client).ReadInstalledAsync(cancellationToken).ConfigureAwait(false);
        var nodes = (await client.ListAsync(KubeResource.Nodes, cancellationToken: cancellationToken).ConfigureAwait(false)).Items;
        var others = await ExistingPlugins.FindAsync(client, nodes, installed.IsThere, cancellationToken).ConfigureAwait(false);
        var components = new List<AddonComponent>();
        AddonWebhook? webhook = null;
        if (installed.Options is { } options)
        {
            components.Add(await ComponentAsync(
                client, "node agent", KubeResource.DaemonSets, AddonOptions.NodeNamespace, "casemate-node", cancellationToken)
                .ConfigureAwait(false));
            foreach (var (name, where) in options.HasQuoteHelper ? QuoteHelperManifests.Parts(options) : [])
            {
                components.Add(await ComponentAsync(
                    client, where.Length == 0 ? "quote helper" : $"quote helper on {where}", KubeResource.DaemonSets,
                    AddonOptions.NodeNamespace, name, cancellationToken).ConfigureAwait(false));
            }

            if (options.WithWebhook)
            {
                components.Add(await ComponentAsync(
                    client, "webhook", KubeResource.Deployments, AddonOptions.SystemNamespace, "casemate-webhook", cancellationToken)
                    .ConfigureAwait(false));
                webhook = await WebhookAsync(client, cancellationToken).ConfigureAwait(false);
            }
        }

        var seen = nodes.Select(Seen).Where(node => node.Allocatable.Count + node.Conditions.Count > 0).ToList();
        return new AddonStatus(
            installed, components, webhook, seen, others,
            [
                .. ProblemsOf(installed, components, webhook, seen, others),
                .. installed is { IsThere: false, IsListed: false } ? await LeftAsync(client, cancellationToken).ConfigureAwait(false) : [],
            ]);
    }

    // Uninstalling spares a namespace that holds what is of others.
    private static async Task<IReadOnlyList<string>> LeftAsync(KubeClient client, CancellationToken cancellationToken)
    {
        var left = new List<string>();
        try
        {
            foreach (var name in (string[])[AddonOptions.NodeNamespace, AddonOptions.SystemNamespace])
            {
                if (await client.TryGetAsync(KubeResource.Namespaces, null, name, cancellationToken).ConfigureAwait(false) is { } space
                    && AddonInstaller.Inventory.Owns(space))
                {
                    left.Add(name);
                }
            }

            var held = left.Count > 0
                ? await HeldNamespaces.FindAsync(client, new HashSet<string>(), cancellationToken).ConfigureAwait(false)
                : new Dictionary<string, string>();
            return
            [
                .. left.Select(name => $"Namespace {name} of an earlier installation is still there: "
                    + (held.TryGetValue(name, out var by)
                        ? $"it holds what is not the add-on's ({ServerText.Clean(by)}). Move that away; then 'casemate addon uninstall'."
                        : "'casemate addon uninstall' removes it.")),
            ];
        }
        catch (KubeException exception) when (exception.IsForbidden)
        {
            // Who may look at less is told less.
            return [.. left.Select(name => $"Namespace {name} of an earlier installation is still there; what it holds may not be looked at.")];
        }
    }

    private static async Task<AddonComponent> ComponentAsync(
        KubeClient client, string what, KubeResource resource, string space, string name, CancellationToken cancellationToken)
    {
        var live = await client.TryGetAsync(resource, space, name, cancellationToken).ConfigureAwait(false);
        var workload = $"{resource.Kind} {space}/{name}";
        if (live is null)
        {
            return new AddonComponent(
                what, workload, "", new RolloutStatus(RolloutState.Progressing, 0, 1, "it is not there"), 0, []);
        }

        var rollout = RolloutStatus.Of(live);
        var updated = resource == KubeResource.DaemonSets
            ? DaemonSetKind.Read(live).Status.UpdatedNumberScheduled : DeploymentKind.Read(live).Status.UpdatedReplicas;
        return new AddonComponent(
            what, workload, AppliedAddon.ImageOf(live) ?? "", rollout, updated,
            rollout.State is RolloutState.Complete
                ? [] : await HangingPods.FindAsync(client, space, name, cancellationToken).ConfigureAwait(false));
    }

    private static async Task<AddonWebhook> WebhookAsync(KubeClient client, CancellationToken cancellationToken)
    {
        var configurations = new List<KubeObject?>();
        foreach (var kind in (KubeResource[])[KubeResource.MutatingWebhookConfigurations, KubeResource.ValidatingWebhookConfigurations])
        {
            configurations.Add(await client.TryGetAsync(kind, null, WebhookConfigurations.DefaultName, cancellationToken)
                .ConfigureAwait(false));
        }

        var slices = await client.ListAsync(
            KubeResource.EndpointSlices,
            new KubeListOptions
            {
                Namespace = AddonOptions.SystemNamespace,
                LabelSelector = $"kubernetes.io/service-name={WebhookConfigurations.DefaultName}",
            },
            cancellationToken).ConfigureAwait(false);
        return new AddonWebhook(
            configurations.All(one => one is not null),
            configurations.All(one => one is not null && one.ListAt("webhooks").Count > 0 && one.ListAt("webhooks").All(HasAuthority)),
            slices.Items.Select(EndpointSliceKind.Read).SelectMany(slice => slice.Endpoints)
                .Count(endpoint => endpoint.Conditions.Ready is not false));
    }

    private static bool HasAuthority(JsonElement hook) =>
        hook.TryGetProperty("clientConfig", out var config) && config.ValueKind is JsonValueKind.Object
        && config.TryGetProperty("caBundle", out var bundle) && bundle.ValueKind is JsonValueKind.String && bundle.GetString()!.Length > 0;

    private static AddonNode Seen(KubeObject node)
    {
        var amounts = node.MapAt("status", "allocatable");
        return new AddonNode(
            node.Name,
            SgxResources.Of(node, "allocatable").ToDictionary(name => name, name => ServerText.Clean(amounts[name]), StringComparer.Ordinal),
            [.. NodeKind.Read(node).Status.Conditions.Where(one => NodeMarks.Conditions.Contains(one.Type))
                .Select(one => one with { Reason = ServerText.Clean(one.Reason), Message = ServerText.Clean(one.Message) })]);
    }

    private static IEnumerable<string> ProblemsOf(
        AddonInstalled installed, List<AddonComponent> components, AddonWebhook? webhook, List<AddonNode> nodes,
        IReadOnlyList<ExistingPlugin> others)
    {
        if (!installed.IsThere)
        {
            yield return installed.IsListed
                ? "The installation stopped half-way: run 'casemate addon install' again, or 'casemate addon uninstall'."
                : "The add-on is not installed: 'casemate addon install --image IMAGE' does it.";
        }

        foreach (var component in components.Where(one => !one.IsReady))
        {
            yield return $"The {component.Name} is not ready: {component.Rollout.Message}.";
        }

        if (webhook is { IsAnswering: false })
        {
            yield return !webhook.IsConfigured ? "The API server does not ask the webhook: a webhook configuration is missing."
                : !webhook.HasAuthorities ? "The webhook has not written its authorities (caBundle) yet: the API server cannot ask it."
                : "No pod of the webhook is ready behind its Service: pods are made as their authors wrote them.";
        }

        foreach (var node in nodes)
        {
            foreach (var condition in node.Conditions.Where(one => IsTrouble(one, installed.Options)))
            {
                yield return $"Node {node.Name}: {condition.Type} is {condition.Status} ({condition.Reason}){Ending(condition.Message)}";
            }

            if (!installed.IsThere && node.Conditions.Count > 0)
            {
                yield return $"Node {node.Name} has what an agent wrote that is gone: 'casemate addon uninstall' takes it off.";
            }
        }

        var left = installed.Options?.LeftToOthers ?? [];
        foreach (var other in others.Where(one => !one.Publishes.All(left.Contains)))
        {
            yield return $"{other}: it competes with the add-on. Remove it with: {other.Removal}";
        }
    }

    private static string Ending(string message) => message.Length == 0 ? "." : $": {message.TrimEnd('.')}.";

    // A node without hardware says False of what it never had.
    private static bool IsTrouble(KindCondition condition, AddonOptions? options) => condition.Type switch
    {
        NodeMarks.SgxEpcConflict or NodeMarks.SgxEpcLeak or NodeMarks.EpcOvercommitted => condition.Status == "True",
        NodeMarks.SgxQuoteReady => condition.Status == "False" && options is { HasQuoteHelper: true },
        NodeMarks.EpcAdvertised => condition.Status == "False",
        _ => false,
    };
}
