using System.Text.Json;

namespace Casemate.Kubernetes;

public sealed partial class KubeClient
{
    // Servers before 1.26 know no aggregated form and answer the last of these types.
    private const string AcceptDiscovery =
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
        + "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

    /// <summary>Asks for the server's version.</summary>
    /// <exception cref="KubeException">It cannot be had.</exception>
    public async Task<KubeServerVersion> GetVersionAsync(CancellationToken cancellationToken = default) =>
        KubeServerVersion.Read(await DocumentAsync("version", "application/json", cancellationToken).ConfigureAwait(false));

    /// <summary>
    /// Asks which kinds the server serves: two requests where it knows the aggregated form, one a group version otherwise.
    /// </summary>
    /// <exception cref="KubeException">It cannot be had. A group version that another server does not answer is no failure.</exception>
    public async Task<KubeDiscovery> DiscoverAsync(CancellationToken cancellationToken = default)
    {
        var (resources, unavailable) = (new List<KubeServedResource>(), new List<string>());
        var core = await DocumentAsync("api", AcceptDiscovery, cancellationToken).ConfigureAwait(false);
        if (IsAggregated(core))
        {
            DiscoveryReader.ReadAggregated(core, resources, unavailable);
        }
        else
        {
            foreach (var version in DiscoveryReader.ReadCoreVersions(core))
            {
                await AddVersionAsync("", version, true, resources, unavailable, cancellationToken).ConfigureAwait(false);
            }
        }

        var groups = await DocumentAsync("apis", AcceptDiscovery, cancellationToken).ConfigureAwait(false);
        if (IsAggregated(groups))
        {
            DiscoveryReader.ReadAggregated(groups, resources, unavailable);
        }
        else
        {
            foreach (var (group, version, isPreferred) in DiscoveryReader.ReadGroups(groups))
            {
                await AddVersionAsync(group, version, isPreferred, resources, unavailable, cancellationToken).ConfigureAwait(false);
            }
        }

        return new KubeDiscovery(resources, unavailable);
    }

    private static bool IsAggregated(JsonElement document) => KubeObject.Text(document, "kind") == "APIGroupDiscoveryList";

    private async Task AddVersionAsync(
        string group, string version, bool isPreferred, List<KubeServedResource> resources, List<string> unavailable,
        CancellationToken cancellationToken)
    {
        var path = group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}";
        try
        {
            var document = await DocumentAsync(path, "application/json", cancellationToken).ConfigureAwait(false);
            DiscoveryReader.ReadVersion(document, group, version, isPreferred, resources);
        }
        catch (KubeException exception) when (exception.StatusCode is 404 or >= 500)
        {
            // The group's own server is away; the others' kinds are known all the same.
            unavailable.Add(group.Length == 0 ? version : $"{group}/{version}");
        }
    }

    private async Task<JsonElement> DocumentAsync(string path, string accept, CancellationToken cancellationToken)
    {
        var request = new KubeRequest(HttpMethod.Get, path) { IsRepeatable = true, Accept = accept };
        var body = await _transport.SendAsync(request, _options.MaxListBytes, cancellationToken).ConfigureAwait(false);
        return KubeObject.ParseElement(body, $"the document {path}");
    }
}
