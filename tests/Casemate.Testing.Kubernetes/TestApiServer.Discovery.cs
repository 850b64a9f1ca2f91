using System.Text.Json.Nodes;
using Casemate.Kubernetes;

namespace Casemate.Testing.Kubernetes;

public sealed partial class TestApiServer
{
    private static readonly string[] Verbs = ["create", "delete", "get", "list", "patch", "update", "watch"];

    private readonly HashSet<KubeResource> _unserved = [];

    /// <summary>The version of Kubernetes that it says it is: major and minor.</summary>
    public (int Major, int Minor) KubernetesVersion { get; set; } = (1, 36);

    /// <summary>Whether it knows the aggregated form of discovery documents. Default true.</summary>
    public bool AggregatedDiscovery { get; set; } = true;

    /// <summary>A group version whose own server does not answer, such as <c>metrics.k8s.io/v1beta1</c>; null: none.</summary>
    public string? UnavailableVersion { get; set; }

    /// <summary>What it says of its kinds' fields, so that kubectl can validate before it sends; null, the default: nothing.</summary>
    public KubeSchema? Schema { get; set; }

    /// <summary>The kinds that it serves: those that are known, less those withdrawn, and those that definitions in it name.</summary>
    public IReadOnlyList<KubeResource> Served
    {
        get
        {
            lock (_unserved)
            {
                return [.. KubeResource.Known.Where(known => !_unserved.Contains(known)), .. Defined()];
            }
        }
    }

    /// <summary>A kind is not served any more, as by an older server.</summary>
    public void Withdraw(KubeResource resource)
    {
        lock (_unserved)
        {
            _unserved.Add(resource);
        }
    }

    private IEnumerable<KubeResource> Defined() =>
        from definition in _store.List(KubeResource.CustomResourceDefinitions.PathOf(null), null)
        let spec = definition["spec"]!
        from version in (JsonArray)spec["versions"]!
        where version!["served"]?.GetValue<bool>() ?? true
        select new KubeResource(
            spec["group"]!.GetValue<string>(), version["name"]!.GetValue<string>(), spec["names"]!["plural"]!.GetValue<string>(),
            spec["names"]!["kind"]!.GetValue<string>(), spec["scope"]?.GetValue<string>() == "Namespaced");

    private void ThrowUnserved(Place place)
    {
        lock (_unserved)
        {
            if (_unserved.Any(one => one.PathOf(null) == place.Collection))
            {
                throw new ApiFault(404, "NotFound", "the server could not find the requested resource");
            }
        }
    }

    private JsonObject? DiscoveryDocument(ApiRequest request, string accept)
    {
        var isAggregated = AggregatedDiscovery && accept.Contains("APIGroupDiscoveryList", StringComparison.Ordinal);
        var parts = request.Path.Split('/');
        if (UnavailableVersion is { } away && request.Path == $"apis/{away}")
        {
            throw new ApiFault(503, "ServiceUnavailable", "the server is currently unable to handle the request");
        }

        return parts switch
        {
            ["version"] => new JsonObject
            {
                ["major"] = $"{KubernetesVersion.Major}",
                ["minor"] = $"{KubernetesVersion.Minor}+",
                ["gitVersion"] = $"v{KubernetesVersion.Major}.{KubernetesVersion.Minor}.0-test",
                ["platform"] = "linux/amd64",
            },
            ["api"] => isAggregated
                ? Aggregated(isCore: true) : new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1") },
            ["apis"] => isAggregated ? Aggregated(isCore: false) : Groups(),
            ["api", var version] => VersionDocument("", version),
            ["apis", var group, var version] => VersionDocument(group, version),
            _ => null,
        };
    }

    private IEnumerable<IGrouping<string, KubeResource>> Grouped(bool isCore) =>
        Served.Where(one => one.Group.Length == 0 == isCore).GroupBy(one => one.Group);

    private JsonObject Aggregated(bool isCore)
    {
        var items = new JsonArray();
        foreach (var group in Grouped(isCore))
        {
            var versions = group.GroupBy(one => one.Version).Select(version => (JsonNode)new JsonObject
            {
                ["version"] = version.Key,
                ["freshness"] = "Current",
                ["resources"] = new JsonArray([.. version.Select(one => new JsonObject
                {
                    ["resource"] = one.Plural,
                    ["responseKind"] = new JsonObject { ["group"] = one.Group, ["version"] = one.Version, ["kind"] = one.Kind },
                    ["scope"] = one.Namespaced ? "Namespaced" : "Cluster",
                    ["verbs"] = VerbsOf(one),
                })]),
            });
            items.Add((JsonNode)new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = group.Key },
                ["versions"] = new JsonArray([.. versions]),
            });
        }

        if (!isCore && UnavailableVersion?.Split('/') is [var name, var away])
        {
            items.Add((JsonNode)new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = name },
                ["versions"] = new JsonArray(new JsonObject { ["version"] = away, ["freshness"] = "Stale" }),
            });
        }

        return new JsonObject { ["kind"] = "APIGroupDiscoveryList", ["apiVersion"] = "apidiscovery.k8s.io/v2", ["items"] = items };
    }

    private JsonObject Groups()
    {
        var versions = Grouped(isCore: false).SelectMany(group => group.Select(one => (group.Key, one.Version)).Distinct()).ToList();
        if (UnavailableVersion?.Split('/') is [var name, var away])
        {
            versions.Add((name, away));
        }

        var groups = versions.GroupBy(one => one.Item1).Select(group => (JsonNode)new JsonObject
        {
            ["name"] = group.Key,
            ["versions"] = new JsonArray([.. group.Select(one =>
                new JsonObject { ["groupVersion"] = $"{one.Item1}/{one.Item2}", ["version"] = one.Item2 })]),
            ["preferredVersion"] = new JsonObject { ["version"] = group.First().Item2 },
        });
        return new JsonObject { ["kind"] = "APIGroupList", ["groups"] = new JsonArray([.. groups]) };
    }

    private JsonObject VersionDocument(string group, string version)
    {
        var resources = Served.Where(one => one.Group == group && one.Version == version).ToList();
        return resources.Count == 0
            ? throw new ApiFault(404, "NotFound", "the server could not find the requested resource")
            : new JsonObject
            {
                ["kind"] = "APIResourceList",
                ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
                ["resources"] = new JsonArray([.. resources.SelectMany(one => (JsonNode[])[
                    new JsonObject
                    {
                        ["name"] = one.Plural, ["namespaced"] = one.Namespaced, ["kind"] = one.Kind, ["verbs"] = VerbsOf(one),
                    },
                    new JsonObject
                    {
                        ["name"] = $"{one.Plural}/status", ["namespaced"] = one.Namespaced, ["kind"] = one.Kind,
                        ["verbs"] = new JsonArray("get"),
                    }])]),
            };
    }

    private static JsonArray VerbsOf(KubeResource resource) => resource.Kind.EndsWith("Review", StringComparison.Ordinal)
        ? new JsonArray("create")
        : new JsonArray([.. Verbs.Select(verb => JsonValue.Create(verb))]);
}
