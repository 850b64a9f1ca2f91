namespace Casemate.Kubernetes;

/// <summary>
/// The order in which objects need each other: namespaces, definitions of kinds, accounts, permissions and policies, configuration,
/// services, workloads, and webhooks last, so that none is asked before what answers it is there.
/// </summary>
public static class ManifestOrder
{
    private const int Others = 60;
    private const int Webhooks = 90;

    private static readonly Dictionary<string, int> s_ranks = new(StringComparer.Ordinal)
    {
        ["Namespace"] = 0,
        ["PriorityClass"] = 5,
        ["RuntimeClass"] = 5,
        ["CustomResourceDefinition"] = 10,
        ["ServiceAccount"] = 20,
        ["ClusterRole"] = 21,
        ["Role"] = 21,
        ["ClusterRoleBinding"] = 22,
        ["RoleBinding"] = 22,
        ["ResourceQuota"] = 25,
        ["LimitRange"] = 25,
        ["NetworkPolicy"] = 26,
        // The server judges by these itself: what bounds a workload is there before it, and stays until it is gone.
        ["ValidatingAdmissionPolicy"] = 27,
        ["ValidatingAdmissionPolicyBinding"] = 28,
        ["Secret"] = 30,
        ["ConfigMap"] = 30,
        ["PersistentVolumeClaim"] = 32,
        ["DeviceClass"] = 33,
        ["ResourceClaimTemplate"] = 34,
        ["Service"] = 40,
        ["PodDisruptionBudget"] = 45,
        ["DaemonSet"] = 50,
        ["Deployment"] = 50,
        ["StatefulSet"] = 50,
        ["Pod"] = 51,
        ["Job"] = 52,
        ["CronJob"] = 52,
        ["APIService"] = 80,
        ["ValidatingWebhookConfiguration"] = Webhooks,
        ["MutatingWebhookConfiguration"] = Webhooks + 1,
    };

    /// <summary>The place of a kind: what has a lower one is applied before, and deleted after.</summary>
    public static int RankOf(string kind) => s_ranks.GetValueOrDefault(kind, Others);

    /// <summary>The objects in the order of applying; those of one rank stay as they were.</summary>
    public static IReadOnlyList<KubeObject> Sort(IEnumerable<KubeObject> objects) => [.. objects.OrderBy(one => RankOf(one.Kind))];
}
