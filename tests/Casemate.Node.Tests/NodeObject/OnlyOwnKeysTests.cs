using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.NodeObject;

namespace Casemate.Node.Tests.NodeObject;

/// <summary>Whatever stands on a Node and is not the agent's is never changed, and all that the agent wrote can be taken back.</summary>
public sealed class OnlyOwnKeysTests : NodeObjectFixture
{
    private static readonly string[] Keys =
        ["zone", "tee", "casemate.dev/pool", "sgx.intel.com/capable", "nvidia.com/gpu", "a/b~c", "openenclave.io/sgx", "example.com/x"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task NeverTouches_AKeyThatIsNotIts(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 6; round++)
        {
            Server.Delete(KubeResource.Nodes, null, "n1");
            MakeNode();
            Scribble(random);
            var plan = RandomPlan(random);
            Use(random.Next(2) == 0 ? null : new TestAttestation());
            var before = Leaves(Node);
            var bare = MarksTests.Bare(Node);

            for (var step = 0; step < 3; step++)
            {
                await PassAsync(plan, random.Next(2) == 0 ? [] : [new NodeCondition(NodeMarks.SgxReady, true, "EnclavesCanStart", "Well.")]);
                Compare(before, Leaves(Node), plan);
                Clock.Advance(TimeSpan.FromSeconds(random.Next(60)));
                plan = random.Next(2) == 0 ? plan : RandomPlan(random);
            }

            Assert.NotNull(await Reconciler.RemoveAsync());
            Assert.Equal(bare, MarksTests.Bare(Node));
        }
    }

    private void Scribble(Random random) => Change("others", node =>
    {
        var metadata = node["metadata"]!.AsObject();
        metadata["annotations"] = new JsonObject { ["keep"] = "this" };
        foreach (var key in Keys.Where(_ => random.Next(2) == 0))
        {
            metadata["labels"]![key] = $"v{random.Next(3)}";
            metadata["annotations"]![key] = $"v{random.Next(3)}";
            node["status"]!["capacity"]![key.Replace("tee", "memory", StringComparison.Ordinal)] = $"{random.Next(1, 9)}";
        }

        var taints = new JsonArray([.. Keys.Append(Azure).Where(_ => random.Next(3) == 0).Select(
            key => (JsonNode)new JsonObject { ["key"] = key, ["effect"] = "NoSchedule", ["value"] = "x", ["unknown"] = random.Next(9) })]);
        if (taints.Count > 0)
        {
            node["spec"]!["taints"] = taints;
        }

        node["spec"]!["unknown"] = new JsonObject { ["list"] = new JsonArray(1, 2, random.Next(9)) };
        node["status"]!["images"] = new JsonArray(new JsonObject { ["sizeBytes"] = random.Next() });
    });

    private static AdvertisementPlan RandomPlan(Random random)
    {
        var plan = random.Next(3) switch { 0 => Large, 1 => Small, _ => Small with { FrontEnd = EpcFrontEnd.None, Family = null, Resources = [] } };
        return random.Next(2) == 0 ? plan : plan with { Taints = [new PlannedTaint(Azure, "", "NoSchedule")] };
    }

    private static void Compare(Dictionary<string, string> before, Dictionary<string, string> after, AdvertisementPlan plan)
    {
        foreach (var (path, value) in before)
        {
            Assert.True(after.TryGetValue(path, out var now), $"{path} is gone");
            Assert.Equal((path, value), (path, now));
        }

        foreach (var path in after.Keys.Except(before.Keys))
        {
            Assert.True(IsOurs(path, plan), $"{path} was written");
        }
    }

    private static bool IsOurs(string path, AdvertisementPlan plan) =>
        plan.Labels.Any(label => path == $"metadata|labels|{label.Key}")
        || path is $"metadata|labels|{NodeMarks.AttestedLabel}" or $"metadata|annotations|{NodeMarks.AttestedAtAnnotation}"
            or $"metadata|annotations|{NodeMarks.AttestedBootAnnotation}" or $"metadata|annotations|{NodeMarks.TaintsAnnotation}"
        || plan.Taints.Any(taint => path.StartsWith($"spec|taints|{taint.Key}|", StringComparison.Ordinal))
        || NodeMarks.Conditions.Any(type => path.StartsWith($"status|conditions|{type}|", StringComparison.Ordinal))
        || plan.Resources.Any(resource => resource.Carrier is ResourceCarrier.NodeStatus && path == $"status|capacity|{resource.Name}");

    private static Dictionary<string, string> Leaves(KubeObject node)
    {
        var leaves = new Dictionary<string, string>(StringComparer.Ordinal);
        Walk(node.Json, "", leaves);
        return leaves;
    }

    // Items of lists by their type or key, so that their order does not matter.
    private static void Walk(JsonElement at, string path, Dictionary<string, string> leaves)
    {
        switch (at.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in at.EnumerateObject().Where(member => member.Name is not ("resourceVersion" or "managedFields")))
                {
                    Walk(member.Value, path.Length == 0 ? member.Name : $"{path}|{member.Name}", leaves);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in at.EnumerateArray())
                {
                    var name = item.ValueKind is not JsonValueKind.Object ? item.GetRawText()
                        : item.TryGetProperty("type", out var type) ? type.GetString()
                        : item.TryGetProperty("key", out var key) ? key.GetString() : item.GetRawText();
                    Walk(item, $"{path}|{name}", leaves);
                }

                break;
            default:
                leaves[path] = at.GetRawText();
                break;
        }
    }
}
