using Casemate.Admission;
using Casemate.Kubernetes;

namespace Casemate.Addon;

/// <summary>Namespaces of the add-on that hold objects of others, which would go with them.</summary>
internal static class HeldNamespaces
{
    private static readonly KubeResource[] s_ofControllers = [KubeResource.Events, KubeResource.EndpointSlices, KubeResource.Leases];

    // What Kubernetes, Istio and OpenShift put into every namespace.
    private static readonly (KubeResource Kind, string Name)[] s_ofNamespaces =
    [
        (KubeResource.ServiceAccounts, "default"), (KubeResource.ConfigMaps, "kube-root-ca.crt"),
        (KubeResource.ConfigMaps, "istio-ca-root-cert"), (KubeResource.ConfigMaps, "openshift-service-ca.crt"),
    ];

    /// <summary>The webhook's certificate, which it makes itself.</summary>
    public static (KubeResource Kind, string Namespace, string Name) Certificate { get; } =
        (KubeResource.Secrets, AddonOptions.SystemNamespace, "casemate-webhook-tls");

    /// <summary>Looks.</summary>
    /// <param name="client">Whom to ask.</param>
    /// <param name="own">Identities of objects without the label that count as the add-on's.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The names of the namespaces, each with an object that is somebody else's.</returns>
    /// <exception cref="KubeException">The cluster cannot be asked.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> FindAsync(
        KubeClient client, IReadOnlySet<string> own, CancellationToken cancellationToken)
    {
        var held = new Dictionary<string, string>(StringComparer.Ordinal);
        KubeDiscovery? discovery = null;
        foreach (var space in (string[])[AddonOptions.NodeNamespace, AddonOptions.SystemNamespace])
        {
            if (await client.TryGetAsync(KubeResource.Namespaces, null, space, cancellationToken).ConfigureAwait(false) is null)
            {
                continue;
            }

            discovery ??= await client.DiscoverAsync(cancellationToken).ConfigureAwait(false);
            foreach (var kind in KubeResource.Known.Where(one => one.Namespaced && discovery.Serves(one) && !s_ofControllers.Contains(one)))
            {
                if (await OtherAsync(client, kind, space, own, cancellationToken).ConfigureAwait(false) is { } other)
                {
                    held.TryAdd(space, other);
                }
            }
        }

        return held;
    }

    /// <summary>Whether an object is the webhook's certificate, and not somebody else's of that name.</summary>
    public static bool IsCertificate(KubeResource kind, KubeObject one) =>
        Certificate == (kind, one.Namespace ?? "", one.Name)
        && one.Labels.GetValueOrDefault(ClaimTemplate.ManagedByLabel) == ClaimTemplate.ManagedByWebhook;

    private static async Task<string?> OtherAsync(
        KubeClient client, KubeResource kind, string space, IReadOnlySet<string> own, CancellationToken cancellationToken)
    {
        try
        {
            var list = await client.ListAsync(kind, new KubeListOptions { Namespace = space }, cancellationToken).ConfigureAwait(false);
            return list.Items.FirstOrDefault(one => IsOfOthers(kind, one, own)) is { } other
                ? $"{kind.Kind} {ServerText.Clean(other.Key)}" : null;
        }
        catch (KubeException exception) when (exception.IsForbidden)
        {
            return $"{kind.Plural}, which may not be looked at";
        }
    }

    private static bool IsOfOthers(KubeResource kind, KubeObject one, IReadOnlySet<string> own) =>
        !AddonInstaller.Inventory.Owns(one) && one.ListAt("metadata", "ownerReferences").Count == 0
        && !s_ofNamespaces.Contains((kind, one.Name)) && !IsMadeToken(kind, one) && !IsCertificate(kind, one) && !own.Contains(one.Uid);

    // Token controllers (of Kubernetes before 1.24, and of what still makes such Secrets) give one to every ServiceAccount, and take it away
    // with it. Whose it is, the ServiceAccount tells, which is looked at itself.
    private static bool IsMadeToken(KubeResource kind, KubeObject one) =>
        kind == KubeResource.Secrets && one.At("type")?.ToString() == "kubernetes.io/service-account-token"
        && one.Annotations.TryGetValue("kubernetes.io/service-account.name", out var account)
        && one.Name.StartsWith($"{account}-token-", StringComparison.Ordinal);
}
