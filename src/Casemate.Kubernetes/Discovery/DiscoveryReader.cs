using System.Text.Json;

namespace Casemate.Kubernetes;

/// <summary>
/// Reads both forms of discovery documents: aggregated (apidiscovery.k8s.io, v2 and v2beta1, which have the same fields) and the older
/// one with a document a group version. Names that cannot stand in an address are left out.
/// </summary>
internal static class DiscoveryReader
{
    public const int MaxGroupVersions = 2000;
    private const int MaxResources = 20_000;

    public static void ReadAggregated(JsonElement root, List<KubeServedResource> resources, List<string> unavailable)
    {
        foreach (var group in Items(root, "items"))
        {
            var name = group.TryGetProperty("metadata", out var metadata) ? KubeObject.Text(metadata, "name") : "";
            var isFirst = true;
            foreach (var version in Items(group, "versions"))
            {
                var label = KubeObject.Text(version, "version");
                if (KubeObject.Text(version, "freshness") == "Stale")
                {
                    unavailable.Add(StatusAnswer.Clean(name.Length == 0 ? label : $"{name}/{label}"));
                }

                foreach (var one in Items(version, "resources"))
                {
                    // A kind of another group may be served here; what counts in addresses is where it is served.
                    var kind = one.TryGetProperty("responseKind", out var response) ? KubeObject.Text(response, "kind") : "";
                    Add(resources, name, label, KubeObject.Text(one, "resource"), kind, KubeObject.Text(one, "scope") == "Namespaced",
                        one, isFirst);
                }

                isFirst = false;
            }
        }
    }

    /// <summary>The versions of the groups, in the server's order of preference.</summary>
    public static List<(string Group, string Version, bool IsPreferred)> ReadGroups(JsonElement root)
    {
        var versions = new List<(string, string, bool)>();
        foreach (var group in Items(root, "groups"))
        {
            var preferred = group.TryGetProperty("preferredVersion", out var first) ? KubeObject.Text(first, "version") : "";
            foreach (var version in Items(group, "versions"))
            {
                var (name, label) = (KubeObject.Text(group, "name"), KubeObject.Text(version, "version"));
                if (IsName(name) && IsName(label) && versions.Count < MaxGroupVersions)
                {
                    versions.Add((name, label, label == preferred));
                }
            }
        }

        return versions;
    }

    public static IEnumerable<string> ReadCoreVersions(JsonElement root) =>
        Items(root, "versions").Where(one => one.ValueKind is JsonValueKind.String).Select(one => one.GetString()!).Where(IsName).Take(8);

    public static void ReadVersion(JsonElement root, string group, string version, bool isPreferred, List<KubeServedResource> resources)
    {
        foreach (var one in Items(root, "resources"))
        {
            var isNamespaced = one.ValueKind is JsonValueKind.Object && one.TryGetProperty("namespaced", out var scope)
                && scope.ValueKind is JsonValueKind.True;
            Add(resources, group, version, KubeObject.Text(one, "name"), KubeObject.Text(one, "kind"), isNamespaced, one, isPreferred);
        }
    }

    private static void Add(
        List<KubeServedResource> resources, string group, string version, string plural, string kind, bool isNamespaced, JsonElement one,
        bool isPreferred)
    {
        // A name with a slash is a subresource.
        if (!IsName(plural) || !IsName(version) || kind.Length is 0 or > 253 || (group.Length > 0 && !IsName(group)))
        {
            return;
        }

        if (resources.Count == MaxResources)
        {
            throw KubeObject.Malformed($"more than {MaxResources} kinds in the discovery documents");
        }

        var verbs = Items(one, "verbs").Where(verb => verb.ValueKind is JsonValueKind.String).Select(verb => verb.GetString()!);
        resources.Add(new KubeServedResource(new KubeResource(group, version, plural, kind, isNamespaced), [.. verbs.Take(64)], isPreferred));
    }

    private static bool IsName(string text) =>
        text.Length is > 0 and <= 253 && text is not ("." or "..") && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');

    private static IEnumerable<JsonElement> Items(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var list) && list.ValueKind is JsonValueKind.Array
            ? list.EnumerateArray()
            : [];
}
