using System.Text;

namespace Casemate.Kubernetes;

/// <summary>
/// What the API server needs to know of a kind of objects to find them. Source: Kubernetes API concepts, "Resource URIs".
/// </summary>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Version">The version, such as <c>v1</c>.</param>
/// <param name="Plural">The name in addresses, such as <c>nodes</c>.</param>
/// <param name="Kind">The name in objects, such as <c>Node</c>.</param>
/// <param name="Namespaced">True when each object belongs to a namespace.</param>
public sealed record KubeResource(string Group, string Version, string Plural, string Kind, bool Namespaced)
{
    private const int LongestName = 253;

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

    /// <summary>The value of <c>apiVersion</c> in its objects.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The path of a list of objects, or of one of them.</summary>
    /// <param name="namespaceName">The namespace; null for all of them, and for kinds without one.</param>
    /// <param name="name">The object's name; null for the list.</param>
    /// <param name="subresource">Such as <c>status</c>; null for the object itself.</param>
    /// <exception cref="ArgumentException">A name cannot be that of an object, or the namespace is missing or too much.</exception>
    public string PathOf(string? namespaceName, string? name = null, string? subresource = null)
    {
        if (namespaceName is not null && !Namespaced)
        {
            throw new ArgumentException($"A {Kind} belongs to no namespace.", nameof(namespaceName));
        }

        if (name is not null && Namespaced && namespaceName is null)
        {
            throw new ArgumentException($"A {Kind} is named with its namespace.", nameof(namespaceName));
        }

        var path = new StringBuilder(Group.Length == 0 ? "api/" : "apis/");
        if (Group.Length > 0)
        {
            path.Append(Group).Append('/');
        }

        path.Append(Version);
        if (namespaceName is not null)
        {
            path.Append("/namespaces/").Append(Segment(namespaceName, nameof(namespaceName)));
        }

        path.Append('/').Append(Plural);
        if (name is not null)
        {
            path.Append('/').Append(Segment(name, nameof(name)));
        }

        if (subresource is not null)
        {
            path.Append('/').Append(Segment(subresource, nameof(subresource)));
        }

        return path.ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    // The rule of the API server for every kind: one path segment (apimachinery, api/validation/path). Names come from peers too.
    private static string Segment(string name, string parameter) =>
        name.Length is 0 or > LongestName || name is "." or ".." || name.AsSpan().ContainsAny('/', '%')
            ? throw new ArgumentException("This cannot be the name of an object: it is empty, too long, or holds '/' or '%'.", parameter)
            : Uri.EscapeDataString(name);
}
