using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;

namespace Casemate.Admission.Tests;

/// <summary>A pod with its judgement, and the pod as the patch leaves it.</summary>
internal sealed record Judged(string Before, AdmissionDecision Decision)
{
    private static readonly string[] Full = [AccessResource.Enclave, AccessResource.Provision];

    public static NodeOffer Small { get; } = new()
    {
        Name = "small",
        Family = ResourceFamily.Azure,
        EpcBytes = 28L << 20,
        Access = [.. Full],
        HasQuoteHelper = true,
        Labels = new Dictionary<string, string> { ["tee"] = "sgx", ["pool"] = "small" },
    };

    public static NodeOffer Large { get; } = new()
    {
        Name = "large",
        Family = ResourceFamily.Intel,
        EpcBytes = 64L << 30,
        Access = [.. Full],
        HasQuoteHelper = true,
        Labels = new Dictionary<string, string> { ["tee"] = "sgx", ["pool"] = "large" },
    };

    public JsonNode After => JsonPatch.Apply(Before, Decision.Patch);

    public IEnumerable<ChangeId> Changes => Decision.Patch.Select(operation => operation.Change).Distinct();

    public IEnumerable<AdmissionFindingId> Findings => Decision.Findings.Select(finding => finding.Id);

    public static Judged Of(string pod, params NodeOffer[] nodes) => Of(pod, AdmissionSettings.Default, nodes);

    public static Judged Of(string pod, AdmissionSettings settings, params NodeOffer[] nodes) =>
        Of(pod, new NamespaceFacts("default"), settings, nodes);

    public static Judged Of(string pod, NamespaceFacts facts, AdmissionSettings settings, params NodeOffer[] nodes)
    {
        using var document = JsonDocument.Parse(pod);
        return new Judged(pod, PodAdmission.Decide(document.RootElement, facts, new ClusterFacts([.. nodes]), settings));
    }

    /// <summary>A pod with one container that has these limits.</summary>
    public static string Pod(string limits, string more = "", string annotations = "{}") =>
        $$$"""{"metadata":{"name":"p","annotations":{{{annotations}}}},"spec":{"containers":[{"name":"app","resources":{"limits":{{{limits}}}}{{{more}}}}]}}""";

    public string? Limit(string resource, string list = "containers", int index = 0) =>
        After["spec"]![list]![index]!["resources"]?["limits"]?[resource]?.ToString();

    public string? Request(string resource, string list = "containers", int index = 0) =>
        After["spec"]![list]![index]!["resources"]?["requests"]?[resource]?.ToString();
}
