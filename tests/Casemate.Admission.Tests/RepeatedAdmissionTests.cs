using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;

namespace Casemate.Admission.Tests;

/// <summary>Properties of the patch, over pods that a seeded generator makes.</summary>
public sealed class RepeatedAdmissionTests
{
    private const int Pods = 4000;

    private static readonly string[] Names =
    [
        .. ResourceFamily.All.Select(family => family.Name), AccessResource.Enclave, AccessResource.Provision,
        AccessResource.Scone,
    ];
    private static readonly string[] Amounts = ["1", "2", "10", "29", "64", "1Mi", "10Mi", "64Mi", "1Gi", "1052672", "5000", "0", "x", "70000"];

    [Fact]
    public void Twice_IsOnce()
    {
        var changed = 0;
        for (var seed = 0; seed < Pods; seed++)
        {
            var random = new Random(seed);
            var pod = Pod(random).ToJsonString();
            var (nodes, settings) = (Nodes(random), Settings(random));
            var first = Judged.Of(pod, settings, nodes);
            if (first.Decision.IsDenied)
            {
                continue;
            }

            var after = first.After.ToJsonString();
            var second = Judged.Of(after, settings, nodes);

            Assert.True(second.Decision.Patch.IsEmpty, $"seed {seed}: {pod}\n{after}\n{string.Join('\n', second.Decision.Patch)}");
            Assert.False(second.Decision.IsDenied, $"seed {seed}");
            Assert.True(!second.Findings.Except(first.Findings).Any(), $"seed {seed}: {pod}: {string.Join(", ", second.Findings)}");
            changed += first.Decision.Patch.IsEmpty ? 0 : 1;
        }

        Assert.True(changed > Pods / 4, $"only {changed} pods were changed");
    }

    [Fact]
    public void NothingThatIsThere_IsChanged_ExceptResources()
    {
        for (var seed = 0; seed < Pods; seed++)
        {
            var random = new Random(seed);
            var pod = Pod(random).ToJsonString();
            var judged = Judged.Of(pod, Settings(random), Nodes(random));
            AssertKept(JsonNode.Parse(pod), judged.After, "", seed);
        }
    }

    [Fact]
    public void APod_LosesNoEpc()
    {
        for (var seed = 0; seed < Pods; seed++)
        {
            var random = new Random(seed);
            var pod = Pod(random).ToJsonString();
            var nodes = Nodes(random);
            var settings = Settings(random) with { BackEnd = EpcBackEnd.Resource };
            var first = Judged.Of(pod, settings, nodes);
            if (!first.Decision.IsDenied)
            {
                Assert.True(Judged.Of(first.After.ToJsonString(), settings, nodes).Decision.EpcBytes >= first.Decision.EpcBytes, $"seed {seed}: {pod}");
            }
        }
    }

    private static void AssertKept(JsonNode? before, JsonNode? after, string path, int seed)
    {
        switch (before)
        {
            case null:
                break;
            case JsonObject members:
                foreach (var (name, value) in members.Where(_ => !path.EndsWith("/limits", StringComparison.Ordinal) && !path.EndsWith("/requests", StringComparison.Ordinal)))
                {
                    AssertKept(value, after![name], $"{path}/{name}", seed);
                }

                break;
            case JsonArray list:
                for (var i = 0; i < list.Count; i++)
                {
                    AssertKept(list[i], after![i], $"{path}/{i}", seed);
                }

                break;
            default:
                Assert.True(JsonNode.DeepEquals(before, after), $"seed {seed}: {path}");
                break;
        }
    }

    private static JsonObject Pod(Random random)
    {
        var spec = new JsonObject { ["containers"] = List(random, 1, 3, index => Container(random, $"c{index}", false)) };
        Maybe(random, spec, "initContainers", () => List(random, 0, 3, index => Container(random, $"i{index}", true)));
        Maybe(random, spec, "tolerations", () => List(random, 0, 2, _ => new JsonObject
        {
            ["key"] = Names[random.Next(Names.Length)],
            ["operator"] = random.Next(2) == 0 ? "Exists" : "Equal",
        }));
        Maybe(random, spec, "volumes", () => List(random, 0, 1, _ => new JsonObject { ["name"] = "aesmd-socket" }));
        Maybe(random, spec, "nodeSelector", () => new JsonObject { ["pool"] = random.Next(2) == 0 ? "small" : "large" });
        var pod = new JsonObject { ["spec"] = spec };
        Maybe(random, pod, "metadata", () =>
        {
            var metadata = new JsonObject();
            Maybe(random, metadata, "annotations", () =>
            {
                var annotations = new JsonObject();
                Maybe(random, annotations, PodNames.QuoteProvider, () => random.Next(3) switch { 0 => "aesmd", 1 => "c0", _ => "aesmd,c1,i0" });
                Maybe(random, annotations, PodNames.EpcAnnotation, () => "3Mi");
                Maybe(random, annotations, PodNames.AesmAddress, () => "true");
                return annotations;
            });
            return metadata;
        });
        return pod;
    }

    private static JsonObject Container(Random random, string name, bool init)
    {
        var container = new JsonObject { ["name"] = random.Next(8) == 0 ? "aesmd" : name };
        if (init && random.Next(2) == 0)
        {
            container["restartPolicy"] = "Always";
        }

        Maybe(random, container, "env", () => List(random, 0, 1, _ => new JsonObject { ["name"] = "SGX_AESM_ADDR", ["value"] = "1" }));
        Maybe(random, container, "volumeMounts", () => List(random, 0, 1, _ => new JsonObject { ["name"] = "x", ["mountPath"] = "/var/run/aesmd" }));
        Maybe(random, container, "resources", () =>
        {
            var resources = new JsonObject();
            var amounts = Resources(random);
            Maybe(random, resources, "limits", () => amounts.DeepClone());
            Maybe(random, resources, "requests", () => random.Next(3) == 0 ? Resources(random) : amounts.DeepClone());
            return resources;
        });
        return container;
    }

    private static JsonObject Resources(Random random)
    {
        var resources = new JsonObject();
        for (var i = random.Next(3); i > 0; i--)
        {
            resources[Names[random.Next(Names.Length)]] = Amounts[random.Next(Amounts.Length)];
        }

        return resources;
    }

    private static JsonArray List(Random random, int least, int most, Func<int, JsonNode> item) =>
        [.. Enumerable.Range(0, random.Next(least, most + 1)).Select(item)];

    // Absent, null, or there.
    private static void Maybe(Random random, JsonObject parent, string name, Func<JsonNode?> value)
    {
        switch (random.Next(4))
        {
            case 0:
                break;
            case 1:
                parent[name] = null;
                break;
            default:
                parent[name] = value();
                break;
        }
    }

    private static NodeOffer[] Nodes(Random random) => random.Next(5) switch
    {
        0 => [],
        1 => [Judged.Small],
        2 => [Judged.Large],
        3 => [Judged.Small, Judged.Large],
        _ => [Judged.Small, Judged.Large, Judged.Large with { Name = "oe", Family = ResourceFamily.OpenEnclave, Access = [AccessResource.Scone] }],
    };

    private static AdmissionSettings Settings(Random random) => random.Next(5) switch
    {
        0 => new AdmissionSettings { Family = ResourceFamily.All[random.Next(4)] },
        1 => new AdmissionSettings { BackEnd = EpcBackEnd.Claim },
        2 => new AdmissionSettings { Aesm = AesmMount.HostPath },
        _ => AdmissionSettings.Default,
    };
}
