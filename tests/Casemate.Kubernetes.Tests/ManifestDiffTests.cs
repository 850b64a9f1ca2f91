using System.Text;
using System.Text.Json.Nodes;

namespace Casemate.Kubernetes.Tests;

public sealed class ManifestDiffTests
{
    [Theory]
    [InlineData("""{"spec":{"a":1}}""", """{"spec":{"a":2}}""", "spec.a: 1 → 2")]
    [InlineData("""{"spec":{"a":1}}""", """{"spec":{}}""", "spec.a: 1 → (none)")]
    [InlineData("""{"spec":{}}""", """{"spec":{"a":{"b":1}}}""", "spec.a.b: (none) → 1")]
    [InlineData("""{"spec":{"a":{"b":1}}}""", """{"spec":{"a":"x"}}""", """spec.a: {"b":1} → "x" """)]
    [InlineData("""{"l":[1,2]}""", """{"l":[1,3,4]}""", "l[1]: 2 → 3|l[2]: (none) → 4")]
    [InlineData("""{"data":{"a.b/c":"x"}}""", """{"data":{"a.b/c":"y"}}""", """data["a.b/c"]: "x" → "y" """)]
    [InlineData("""{"a":{"x":1,"y":2}}""", """{"a":{"y":2,"x":1}}""", "")]
    [InlineData("""{"a":{}}""", """{}""", "a: {} → (none)")]
    [InlineData("""{"a":null}""", """{}""", "a: null → (none)")]
    [InlineData("""{"a":1.0}""", """{"a":1}""", "")]
    [InlineData("""{"status":{"x":1}}""", """{"status":{"x":2}}""", "")]
    public void Tells_WhatDiffers(string before, string after, string expected) => Assert.Equal(
        expected.Trim(), string.Join('|', ManifestDiff.Compare(Object(before), Object(after)).Select(one => one.ToString())));

    [Fact]
    public void LeavesOut_WhatTheServerKeepsForItself()
    {
        var before = KubeObject.Parse(Encoding.UTF8.GetBytes(
            """{"metadata":{"name":"a","uid":"1","resourceVersion":"1","generation":1,"managedFields":[],"labels":{"x":"1"}}}"""));
        var after = KubeObject.Parse(Encoding.UTF8.GetBytes(
            """{"metadata":{"name":"a","uid":"2","resourceVersion":"2","generation":2,"managedFields":[{}],"labels":{"x":"2"}}}"""));

        Assert.Equal("metadata.labels.x", Assert.Single(ManifestDiff.Compare(before, after)).Path);
    }

    [Fact]
    public void Tells_EveryField_OfAnObjectThatIsNew() => Assert.Equal(
        ["spec.a", "metadata.name"], ManifestDiff.Compare(null, Object("""{"spec":{"a":1}}""")).Select(one => one.Path));

    private static KubeObject Object(string json)
    {
        var node = (JsonObject)JsonNode.Parse(json)!;
        node["metadata"] = new JsonObject { ["name"] = "n" };
        return KubeObject.From(node);
    }
}
