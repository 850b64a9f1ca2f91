namespace Casemate.Kubernetes;

public sealed partial record KubeResource
{
    /// <summary>Nodes.</summary>
    public static readonly KubeResource Nodes = new("", "v1", "nodes", "Node", false);

    /// <summary>Pods.</summary>
    public static readonly KubeResource Pods = new("", "v1", "pods", "Pod", true);

    /// <summary>Namespaces.</summary>
    public static readonly KubeResource Namespaces = new("", "v1", "namespaces", "Namespace", false);

    /// <summary>Secrets.</summary>
    public static readonly KubeResource Secrets = new("", "v1", "secrets", "Secret", true);

    /// <summary>ConfigMaps.</summary>
    public static readonly KubeResource ConfigMaps = new("", "v1", "configmaps", "ConfigMap", true);

    /// <summary>ServiceAccounts; tokens are created in their subresource <c>token</c>.</summary>
    public static readonly KubeResource ServiceAccounts = new("", "v1", "serviceaccounts", "ServiceAccount", true);

    /// <summary>Events of the group <c>events.k8s.io</c>.</summary>
    public static readonly KubeResource Events = new("events.k8s.io", "v1", "events", "Event", true);

    /// <summary>Leases.</summary>
    public static readonly KubeResource Leases = new("coordination.k8s.io", "v1", "leases", "Lease", true);

    /// <summary>What DRA drivers publish.</summary>
    public static readonly KubeResource ResourceSlices = new("resource.k8s.io", "v1", "resourceslices", "ResourceSlice", false);

    /// <summary>What pods claim of it.</summary>
    public static readonly KubeResource ResourceClaims = new("resource.k8s.io", "v1", "resourceclaims", "ResourceClaim", true);

    /// <summary>Patterns of claims.</summary>
    public static readonly KubeResource ResourceClaimTemplates =
        new("resource.k8s.io", "v1", "resourceclaimtemplates", "ResourceClaimTemplate", true);

    /// <summary>Named selections of devices.</summary>
    public static readonly KubeResource DeviceClasses = new("resource.k8s.io", "v1", "deviceclasses", "DeviceClass", false);

    /// <summary>DaemonSets.</summary>
    public static readonly KubeResource DaemonSets = new("apps", "v1", "daemonsets", "DaemonSet", true);

    /// <summary>Deployments.</summary>
    public static readonly KubeResource Deployments = new("apps", "v1", "deployments", "Deployment", true);

    /// <summary>RuntimeClasses.</summary>
    public static readonly KubeResource RuntimeClasses = new("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", false);

    /// <summary>Reviews of bearer tokens.</summary>
    public static readonly KubeResource TokenReviews = new("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", false);

    /// <summary>Reviews of permissions.</summary>
    public static readonly KubeResource SubjectAccessReviews =
        new("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", false);

    /// <summary>Webhooks that change objects.</summary>
    public static readonly KubeResource MutatingWebhookConfigurations = new(
        "admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", false);

    /// <summary>Webhooks that refuse objects.</summary>
    public static readonly KubeResource ValidatingWebhookConfigurations = new(
        "admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", false);

    /// <summary>Questions about one's own permissions.</summary>
    public static readonly KubeResource SelfSubjectAccessReviews =
        new("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false);

    /// <summary>Policies that the server itself evaluates.</summary>
    public static readonly KubeResource ValidatingAdmissionPolicies = new(
        "admissionregistration.k8s.io", "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", false);

    /// <summary>Where such policies hold.</summary>
    public static readonly KubeResource ValidatingAdmissionPolicyBindings = new(
        "admissionregistration.k8s.io", "v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", false);

    /// <summary>Jobs.</summary>
    public static readonly KubeResource Jobs = new("batch", "v1", "jobs", "Job", true);

    /// <summary>CronJobs.</summary>
    public static readonly KubeResource CronJobs = new("batch", "v1", "cronjobs", "CronJob", true);

    /// <summary>StatefulSets.</summary>
    public static readonly KubeResource StatefulSets = new("apps", "v1", "statefulsets", "StatefulSet", true);

    /// <summary>Services.</summary>
    public static readonly KubeResource Services = new("", "v1", "services", "Service", true);

    /// <summary>The addresses behind Services.</summary>
    public static readonly KubeResource EndpointSlices = new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true);

    /// <summary>Claims of storage.</summary>
    public static readonly KubeResource PersistentVolumeClaims = new("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true);

    /// <summary>Limits of a namespace.</summary>
    public static readonly KubeResource ResourceQuotas = new("", "v1", "resourcequotas", "ResourceQuota", true);

    /// <summary>NetworkPolicies.</summary>
    public static readonly KubeResource NetworkPolicies = new("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", true);

    /// <summary>PodDisruptionBudgets.</summary>
    public static readonly KubeResource PodDisruptionBudgets = new("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true);

    /// <summary>PriorityClasses.</summary>
    public static readonly KubeResource PriorityClasses = new("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", false);

    /// <summary>Kinds that are defined in the cluster itself.</summary>
    public static readonly KubeResource CustomResourceDefinitions =
        new("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false);

    /// <summary>API groups that other servers answer.</summary>
    public static readonly KubeResource ApiServices = new("apiregistration.k8s.io", "v1", "apiservices", "APIService", false);

    /// <summary>ClusterRoles.</summary>
    public static readonly KubeResource ClusterRoles = new("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false);

    /// <summary>ClusterRoleBindings.</summary>
    public static readonly KubeResource ClusterRoleBindings =
        new("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", false);

    /// <summary>Roles.</summary>
    public static readonly KubeResource Roles = new("rbac.authorization.k8s.io", "v1", "roles", "Role", true);

    /// <summary>RoleBindings.</summary>
    public static readonly KubeResource RoleBindings = new("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", true);

    private static readonly Lazy<IReadOnlyList<KubeResource>> s_known = new(static () =>
    [
        Namespaces, Nodes, Pods, Secrets, ConfigMaps, ServiceAccounts, Services, PersistentVolumeClaims, ResourceQuotas,
        Events, Leases, EndpointSlices,
        ResourceSlices, ResourceClaims, ResourceClaimTemplates, DeviceClasses,
        DaemonSets, Deployments, StatefulSets, Jobs, CronJobs,
        RuntimeClasses, PriorityClasses, NetworkPolicies, PodDisruptionBudgets,
        CustomResourceDefinitions, ApiServices, ClusterRoles, ClusterRoleBindings, Roles, RoleBindings,
        TokenReviews, SubjectAccessReviews, SelfSubjectAccessReviews,
        MutatingWebhookConfigurations, ValidatingWebhookConfigurations, ValidatingAdmissionPolicies, ValidatingAdmissionPolicyBindings,
    ]);

    /// <summary>The kinds that are named here. Others are found by <see cref="KubeDiscovery"/>, or described by whoever knows them.</summary>
    public static IReadOnlyList<KubeResource> Known => s_known.Value;

    /// <summary>The kind that an object's <c>apiVersion</c> and <c>kind</c> name; null when it is not among <see cref="Known"/>.</summary>
    public static KubeResource? FindKnown(string apiVersion, string kind) =>
        Known.FirstOrDefault(known => known.Kind == kind && known.ApiVersion == apiVersion);
}
