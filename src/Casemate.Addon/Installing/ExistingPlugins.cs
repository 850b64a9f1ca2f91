using Casemate.Kubernetes;

namespace Casemate.Addon;

/// <summary>Finds what else in a cluster offers SGX. Two plugins under one name would take it from each other; two that count the same EPC promise it twice.</summary>
public static class ExistingPlugins
{
    private const string System = "kube-system";

    private static readonly string[] s_intel = [ResourceFamily.Intel.Name, AccessResource.Enclave, AccessResource.Provision];

    // The names are those that the projects' own manifests give; Null stands for any namespace.
    private static readonly (KubeResource Kind, string? Namespace, string Name, PluginOrigin Origin, string[] Publishes)[] s_known =
    [
        (KubeResource.DaemonSets, null, "intel-sgx-plugin", PluginOrigin.Intel, s_intel),
        (KubeResource.DaemonSets, System, "sgx-plugin", PluginOrigin.AksConfcom, [.. s_intel, ResourceFamily.Azure.Name]),
        (KubeResource.DaemonSets, System, "sgx-quote-helper", PluginOrigin.AksConfcom, []),
        (KubeResource.Deployments, System, "sgx-webhook", PluginOrigin.AksConfcom, []),
        (KubeResource.DaemonSets, null, "sgx-device-plugin", PluginOrigin.AksEngine, [ResourceFamily.Azure.Name]),
        (KubeResource.DaemonSets, null, "oe-sgx-device-plugin", PluginOrigin.OpenEnclave, [ResourceFamily.OpenEnclave.Name]),
    ];

    /// <summary>Looks.</summary>
    /// <param name="client">Whom to ask.</param>
    /// <param name="nodes">All Nodes.</param>
    /// <param name="hasOwnAgent">
    /// Whether this add-on's agent runs in the cluster: then what nodes offer is its own as well, and says nothing.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="KubeException">The cluster cannot be asked.</exception>
    public static async Task<IReadOnlyList<ExistingPlugin>> FindAsync(
        KubeClient client, IReadOnlyList<KubeObject> nodes, bool hasOwnAgent, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(nodes);
        var found = new List<ExistingPlugin>();
        foreach (var kind in s_known.Select(one => one.Kind).Distinct())
        {
            foreach (var live in (await client.ListAsync(kind, cancellationToken: cancellationToken).ConfigureAwait(false)).Items)
            {
                if (s_known.FirstOrDefault(one => one.Kind == kind && one.Name == live.Name && (one.Namespace ?? live.Namespace) == live.Namespace)
                    is { Name: not null } known)
                {
                    found.Add(Describe(known.Origin, kind, live, known.Publishes));
                }
            }
        }

        await AddOperatorAsync(client, found, cancellationToken).ConfigureAwait(false);
        if (!hasOwnAgent)
        {
            AddUnknown(nodes, found);
        }

        return found;
    }

    private static ExistingPlugin Describe(PluginOrigin origin, KubeResource kind, KubeObject live, string[] publishes) => new(
        origin, $"{kind.Kind} {live.Key}", publishes, origin is PluginOrigin.AksConfcom
            ? "az aks disable-addons --addons confcom --resource-group GROUP --name CLUSTER"
            : $"kubectl delete {kind.Kind.ToLowerInvariant()} -n {live.Namespace} {live.Name}");

    // The operator's own object: the DaemonSet that it makes would come back.
    private static async Task AddOperatorAsync(KubeClient client, List<ExistingPlugin> found, CancellationToken cancellationToken)
    {
        var discovery = await client.DiscoverAsync(cancellationToken).ConfigureAwait(false);
        if (discovery.Resources.FirstOrDefault(one => one.Resource is { Group: "deviceplugin.intel.com", Plural: "sgxdeviceplugins" })
            is not { Resource: { } resource })
        {
            return;
        }

        var made = await client.ListAsync(resource, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (made.Items.Count > 0)
        {
            found.RemoveAll(one => one.Origin is PluginOrigin.Intel);
        }

        found.AddRange(made.Items.Select(one => new ExistingPlugin(
            PluginOrigin.IntelOperator, $"{resource.Kind} {one.Key}", s_intel, $"kubectl delete {resource} {one.Name}")));
    }

    private static void AddUnknown(IReadOnlyList<KubeObject> nodes, List<ExistingPlugin> found)
    {
        var known = found.SelectMany(one => one.Publishes).ToHashSet(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            // Both: what a plugin that is gone had stays in the capacity for a while, and is not allocatable any more.
            var names = SgxResources.Of(node, "capacity").Intersect(SgxResources.Of(node, "allocatable")).Except(known).ToList();
            if (names.Count > 0)
            {
                found.Add(new ExistingPlugin(
                    PluginOrigin.Unknown, $"Node {node.Name}", names,
                    "kubectl get daemonsets --all-namespaces     # find what offers it on that node"));
            }
        }
    }
}
