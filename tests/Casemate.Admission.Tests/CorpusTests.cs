using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.KataPolicy.Manifests;
using Casemate.Kubernetes;
using Casemate.Testing;

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
        var actual = Judge(Path.Combine(Folder, name + ".yaml"));

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

    private static JsonObject Judge(string file)
    {
        Assert.True(ManifestDocument.TryReadAll(file, File.ReadAllBytes(file), out var documents, out _));
        var pods = new JsonObject();
        foreach (var document in documents)
        {
            var json = JsonNode.Parse(document.Json.Span)!;
            var pod = json["kind"]!.GetValue<string>() switch
            {
                "Pod" => json,
                "CronJob" => json["spec"]!["jobTemplate"]!["spec"]!["template"]!,
                "Service" => null,
                _ => json["spec"]!["template"]!,
            };
            if (pod is not null)
            {
                var text = pod.ToJsonString();
                pods[json["metadata"]!["name"]!.GetValue<string>()] = new JsonObject
                {
                    ["small"] = Told(Judged.Of(text, Judged.Small)),
                    ["large"] = Told(Judged.Of(text, Judged.Large)),
                    ["dra"] = Told(Judged.Of(text, new AdmissionSettings { BackEnd = EpcBackEnd.Claim })),
                };
            }
        }

        return pods;
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
