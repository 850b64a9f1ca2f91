namespace Casemate.Kubernetes;

/// <summary>What an API server serves. Source: Kubernetes documentation, "The Kubernetes API", discovery.</summary>
public sealed class KubeDiscovery
{
    private readonly Dictionary<(string ApiVersion, string Kind), KubeServedResource> _byKind = [];
    private readonly HashSet<KubeResource> _served = [];
    private readonly HashSet<string> _versions = new(StringComparer.Ordinal);

    internal KubeDiscovery(IReadOnlyList<KubeServedResource> resources, IReadOnlyList<string> unavailable)
    {
        (Resources, Unavailable) = (resources, unavailable);
        foreach (var served in resources)
        {
            // Two names of one kind do occur (subresources that are served as kinds of their own): the first is the kind's own.
            _byKind.TryAdd((served.Resource.ApiVersion, served.Resource.Kind), served);
            _served.Add(served.Resource);
            _versions.Add(served.Resource.ApiVersion);
        }
    }

    /// <summary>Every kind in every version, subresources left out.</summary>
    public IReadOnlyList<KubeServedResource> Resources { get; }

    /// <summary>
    /// Group versions (<c>metrics.k8s.io/v1beta1</c>) whose own server does not answer: what they serve is not known. Empty when all do.
    /// </summary>
    public IReadOnlyList<string> Unavailable { get; }

    /// <summary>Whether a group version, such as <c>resource.k8s.io/v1</c> or <c>v1</c>, is served with at least one kind.</summary>
    public bool ServesVersion(string apiVersion) => _versions.Contains(apiVersion);

    /// <summary>Whether a kind is served under exactly this name, version and scope.</summary>
    public bool Serves(KubeResource resource) => _served.Contains(resource);

    /// <summary>The kind that an object's <c>apiVersion</c> and <c>kind</c> name; null when it is not served.</summary>
    public KubeServedResource? Find(string apiVersion, string kind) => _byKind.GetValueOrDefault((apiVersion, kind));

    /// <summary>Those of the kinds that are not served; what an installer has to say before it begins.</summary>
    public IReadOnlyList<KubeResource> Missing(IEnumerable<KubeResource> wanted) => [.. wanted.Where(one => !Serves(one)).Distinct()];
}
