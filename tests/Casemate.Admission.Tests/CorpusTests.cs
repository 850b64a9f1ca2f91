using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.KataPolicy.Manifests;
using Casemate.Kubernetes;
using Casemate.Testing;
using Casemate.Testing.Kubernetes;

namespace Casemate.Admission.Tests;

/// <summary>The sample manifests, each judged in three clusters; <c>tests/corpus/admission/README.md</c> explains the expectations.</summary>
public sealed class CorpusTests
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Folder => Path.Combine(RepositoryPaths.Root, "tests", "corpus", "admission");

    public static TheoryData<string> Manifests => [.. Directory.EnumerateFiles(Folder, "*.yaml").Select(path => Path.GetFileNameWithoutExtension(path)).Order()];

    [Theory]
    [MemberData(nameof(Manifests))]
    public void AManifest_IsAdmitted_AsDocumented(string name)
    {
        var path = Path.Combine(Folder, "expected.json");
        var expected = File.Exists(path) ? (JsonObject)JsonNode.Parse(File.ReadAllText(path))! : [];
        var actual = Judge(name);

        // After a deliberate change: run with CASEMATE_ACCEPT_CORPUS=1, read the difference, and commit it.
        if (Environment.GetEnvironmentVariable("CASEMATE_ACCEPT_CORPUS") == "1")
        {
            expected[name] = actual.DeepClone();
            File.WriteAllText(path, new JsonObject(expected.OrderBy(entry => entry.Key, StringComparer.Ordinal)
                .Select(entry => KeyValuePair.Create(entry.Key, entry.Value?.DeepClone()))).ToJsonString(Readable) + "\n");
        }

        Assert.Equal(expected[name]?.ToJsonString(Readable), actual.ToJsonString(Readable));
    }

    [Fact]
    public void TheCorpus_HasTwentyManifests_AndAnExpectationForEach()
    {
        var expected = (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "expected.json")))!;

        Assert.True(Manifests.Count >= 20);
        Assert.Equal(Manifests.Select(row => row.Data), expected.Select(entry => entry.Key));
    }

    /// <summary>
    /// What the webhook makes of a pod is put back into the object that the pod came in, as the API server would have it. One sample has a
    /// number where text is wanted: that stays, and nothing else comes.
    /// </summary>
    [Theory]
    [MemberData(nameof(Manifests))]
    public void AManifest_AndWhatBecomesOfIt_ConformToKubernetes(string name)
    {
        string[] mistakes = name == "20-look-alikes"
            ? ["CronJob mistakes: spec.jobTemplate.spec.template.spec.containers[1].env[0].value is 1, not a string"] : [];
        foreach (var document in Read(name))
        {
            Assert.Equal(mistakes, ProblemsOf(document));
            if (PodOf(document) is { } pod)
            {
                Assert.All(InEachCluster(pod), judged =>
                {
                    var whole = document.DeepClone();
                    var template = PodOf(whole)!;
                    if (template == whole)
                    {
                        whole = judged.Value.After;
                    }
                    else
                    {
                        template.ReplaceWith(judged.Value.After);
                    }

                    Assert.Equal(mistakes, ProblemsOf(whole));
                });
            }
        }
    }

    private static IEnumerable<string> ProblemsOf(JsonNode document)
    {
        var value = KubeObject.From((JsonObject)document);
        return KubeSchema.Newest.ProblemsOf(value).Union(
            value.ApiVersion == KubeResource.ResourceClaims.ApiVersion ? [] : KubeSchema.Oldest.ProblemsOf(value));
    }

    private static JsonObject Judge(string name)
    {
        var pods = new JsonObject();
        foreach (var document in Read(name))
        {
            if (PodOf(document) is { } pod)
            {
                pods[document["metadata"]!["name"]!.GetValue<string>()] = new JsonObject(InEachCluster(pod)
                    .Select(judged => KeyValuePair.Create<string, JsonNode?>(judged.Key, Told(judged.Value))));
            }
        }

        return pods;
    }

    private static IEnumerable<JsonNode> Read(string name)
    {
        var file = Path.Combine(Folder, name + ".yaml");
        Assert.True(ManifestDocument.TryReadAll(file, File.ReadAllBytes(file), out var documents, out _));
        return documents.Select(document => JsonNode.Parse(document.Json.Span)!);
    }

    private static JsonNode? PodOf(JsonNode document) => document["kind"]!.GetValue<string>() switch
    {
        "Pod" => document,
        "CronJob" => document["spec"]!["jobTemplate"]!["spec"]!["template"]!,
        "Service" => null,
        _ => document["spec"]!["template"]!,
    };

    private static Dictionary<string, Judged> InEachCluster(JsonNode pod)
    {
        var text = pod.ToJsonString();
        return new()
        {
            ["small"] = Judged.Of(text, Judged.Small),
            ["large"] = Judged.Of(text, Judged.Large),
            ["dra"] = Judged.Of(text, new AdmissionSettings { BackEnd = EpcBackEnd.Claim }),
        };
    }

    private static JsonObject Told(Judged judged)
    {
        var spec = judged.After["spec"]!;
        var containers = new JsonArray();
        foreach (var container in (spec["initContainers"]?.AsArray() ?? []).Concat(spec["containers"]!.AsArray()))
        {
            var limits = (container!["resources"]?["limits"]?.AsObject() ?? []).Select(limit => $"{limit.Key}={limit.Value}");
            var claims = (container["resources"]?["claims"]?.AsArray() ?? []).Select(claim => "claim " + spec["resourceClaims"]!.AsArray()
                .First(known => known!["name"]!.GetValue<string>() == claim!["name"]!.GetValue<string>())!["resourceClaimTemplateName"]);
            containers.Add($"{container["name"]}: {string.Join(", ", limits.Concat(claims))}".TrimEnd());
        }

        return new JsonObject
        {
            ["containers"] = containers,
            ["changes"] = new JsonArray([.. judged.Changes.Select(change => JsonValue.Create(change.ToString()))]),
            ["findings"] = new JsonArray([.. judged.Findings.Select(finding => JsonValue.Create(finding.ToString()))]),
            ["refused"] = judged.Decision.IsDenied,
        };
    }
}
