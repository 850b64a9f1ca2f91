using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.NodeObject;
using Casemate.Testing.Kubernetes;

namespace Casemate.Node.Tests.NodeObject;

/// <summary>Labels, taints and conditions of the Node.</summary>
public sealed class MarksTests : NodeObjectFixture
{
    private static readonly AdvertisementPlan Tainted = Small with { Taints = [new PlannedTaint(Azure, "", "NoSchedule")] };

    [Fact]
    public async Task Sets_TheLabelsOfThePlan_AndRemovesThoseThatAreNoLongerWanted()
    {
        await PassAsync(Large);
        Assert.Equal("true", Node.Labels["casemate.dev/sgx2"]);

        await PassAsync(Small);

        Assert.Equal(["kubernetes.io/os", "tee"], Node.Labels.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task RestoresALabel_BelowItsOwnPrefix()
    {
        await PassAsync(Large);
        Change("kubectl-label", node => node["metadata"]!["labels"]!["casemate.dev/sgx2"] = "false");

        await PassAsync();

        Assert.Equal("true", Node.Labels["casemate.dev/sgx2"]);
    }

    [Fact]
    public async Task LeavesALabelOfOthers_WithAnotherValue_Alone()
    {
        Change("operator", node => node["metadata"]!["labels"]!["tee"] = "tdx");

        await PassAsync(Large);

        Assert.Equal("tdx", Node.Labels["tee"]);
        Assert.Equal(["tee"], Reconciler.Status.ContestedLabels);
    }

    [Fact]
    public async Task KeepsALabel_ThatOthersSetToo()
    {
        Change("node-feature-discovery", node => node["metadata"]!["labels"]!["tee"] = "sgx");
        await PassAsync(Large);

        await Reconciler.RemoveAsync();

        Assert.Equal("sgx", Node.Labels["tee"]);
        Assert.False(Node.Labels.ContainsKey("casemate.dev/sgx2"));
    }

    [Fact]
    public async Task Adds_TheTaint_AndRemovesItWhenItIsNoLongerWanted()
    {
        await PassAsync(Tainted);
        Assert.Equal([Azure], Taints);

        await PassAsync(Small);

        Assert.Empty(Taints);
        Assert.False(Node.Annotations.ContainsKey(NodeMarks.TaintsAnnotation));
    }

    [Fact]
    public async Task NeverRemoves_ATaintThatAnotherPutThere()
    {
        Change("operator", node => node["spec"]!["taints"] = new JsonArray(
            new JsonObject { ["key"] = Azure, ["effect"] = "NoSchedule", ["timeAdded"] = "2026-01-01T00:00:00Z" }));
        await PassAsync(Tainted);

        await PassAsync(Small);

        Assert.Equal([Azure], Taints);
        Assert.Equal("2026-01-01T00:00:00Z", Node.ListAt("spec", "taints")[0].GetProperty("timeAdded").GetString());
    }

    // A kubelet may write annotations of its Node and no taints: the agent must not remove one for it.
    [Fact]
    public async Task KeepsTheTaintsOfOthers_WhateverAnAnnotationSaysOfThem()
    {
        Change("kubelet", node => node["metadata"]!["annotations"] = new JsonObject
        {
            [NodeMarks.TaintsAnnotation] = $"dedicated:NoSchedule,{NodeMarks.StartupTaint}:NoSchedule,:,NoSchedule",
        });
        Change("operator", node => node["spec"]!["taints"] = new JsonArray(
            new JsonObject { ["key"] = "dedicated", ["effect"] = "NoSchedule", ["value"] = "x" },
            new JsonObject { ["key"] = NodeMarks.StartupTaint, ["effect"] = "NoSchedule", ["value"] = "true" }));

        await PassAsync(Small);
        Assert.Equal(["dedicated", NodeMarks.StartupTaint], Taints);

        Assert.Empty((await Reconciler.RemoveAsync())!.Taints);
        Assert.Equal(["dedicated", NodeMarks.StartupTaint], Taints);
    }

    [Fact]
    public async Task KeepsTheTaintsOfOthers_BesideItsOwn()
    {
        Change("operator", node => node["spec"]!["taints"] = new JsonArray(
            new JsonObject { ["key"] = "gpu", ["effect"] = "NoExecute", ["value"] = "x" }));

        await PassAsync(Tainted);

        Assert.Equal(["gpu", Azure], Taints);
    }

    [Fact]
    public async Task Shows_TheConditionsOfTheCaller_BesideThoseOfOthers()
    {
        var leak = new NodeCondition(NodeMarks.SgxEpcLeak, true, "PagesLeaked", "Pages leaked.");

        await PassAsync(Large, leak);

        Assert.Equal(("True", "PagesLeaked"), Condition(NodeMarks.SgxEpcLeak));
        Assert.Equal(("True", "KubeletReady"), Condition("Ready"));

        await PassAsync(Large);
        Assert.False(HasCondition(NodeMarks.SgxEpcLeak));
    }

    [Fact]
    public async Task KeepsTheTime_OfAConditionWhoseStatusStays()
    {
        await PassAsync(Large, new NodeCondition(NodeMarks.SgxReady, false, "DeviceGone", "One."));
        Clock.Advance(TimeSpan.FromMinutes(1));

        await PassAsync(Large, new NodeCondition(NodeMarks.SgxReady, false, "EpcGone", "Two."));

        var condition = Node.ListAt("status", "conditions").Single(c => c.GetProperty("type").GetString() == NodeMarks.SgxReady);
        Assert.Equal("2026-03-01T12:00:00Z", condition.GetProperty("lastTransitionTime").GetString());
        Assert.Equal("2026-03-01T12:01:00Z", condition.GetProperty("lastHeartbeatTime").GetString());
        Assert.Equal("EpcGone", condition.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Removes_EverythingThatIsItsOwn_AndNothingElse()
    {
        var before = Node;
        var plan = Large with { Taints = Tainted.Taints };
        await PassAsync(plan, new NodeCondition(NodeMarks.SgxReady, true, "EnclavesCanStart", "Well."));
        Assert.NotEmpty(Taints);

        Assert.NotNull(await Reconciler.RemoveAsync());

        Assert.Equal(Bare(before), Bare(Node));
        Assert.True((await Reconciler.RemoveAsync())!.IsEmpty);
    }

    [Fact]
    public async Task SaysWhatItWouldRemove_AndRemovesNothing()
    {
        await PassAsync(Large with { Taints = Tainted.Taints }, new NodeCondition(NodeMarks.SgxReady, true, "EnclavesCanStart", "Well."));
        var before = Node.ResourceVersion;

        var removal = await Reconciler.FindRemovalAsync();

        Assert.Equal(before, Node.ResourceVersion);
        Assert.Equal(["casemate.dev/sgx2", "tee"], removal!.Labels);
        Assert.Equal([NodeMarks.TaintsAnnotation], removal.Annotations);
        Assert.Equal(Tainted.Taints.Select(taint => $"{taint.Key}:{taint.Effect}").Order(), removal.Taints.Order());
        Assert.Equal([NodeMarks.SgxReady, NodeMarks.SgxEpcConflict, NodeMarks.EpcAdvertised], removal.Conditions);
        Assert.Equal([Intel], removal.Amounts);
        Assert.Equal(removal, await Reconciler.RemoveAsync());
        Assert.True((await Reconciler.FindRemovalAsync())!.IsEmpty);
    }

    [Fact]
    public async Task Removes_NothingFromANodeThatIsNotThere()
    {
        Server.Delete(KubeResource.Nodes, null, "n1");

        Assert.Null(await Reconciler.RemoveAsync());
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(5, false)]
    public async Task Removes_ThoughOthersWereQuicker_ButNotForEver(int conflicts, bool isRemoved)
    {
        await PassAsync(Large with { Taints = Tainted.Taints });
        Server.Refuse(conflicts, new ApiFault(409, "Conflict", "modified"), request => request.Method == "PATCH");

        if (isRemoved)
        {
            Assert.Equal(["casemate.dev/sgx2", "tee"], (await Reconciler.RemoveAsync())!.Labels);
        }
        else
        {
            Assert.True((await Assert.ThrowsAsync<KubeException>(() => Reconciler.RemoveAsync())).IsConflict);
        }

        Assert.Equal(isRemoved, (await Reconciler.FindRemovalAsync())!.IsEmpty);
    }

    [Fact]
    public async Task NeverMakesANode()
    {
        await PassAsync(Large);
        Server.Delete(KubeResource.Nodes, null, "n1");

        await PassAsync();

        Assert.Empty(Server.All(KubeResource.Nodes));
    }

    internal static string Bare(KubeObject node)
    {
        var bare = node.ToNode();
        var metadata = bare["metadata"]!.AsObject();
        metadata.Remove("resourceVersion");
        metadata.Remove("managedFields");
        foreach (var map in (string[])["labels", "annotations"])
        {
            if (metadata[map] is JsonObject { Count: 0 })
            {
                metadata.Remove(map);
            }
        }

        if (bare["spec"]!["taints"] is JsonArray { Count: 0 })
        {
            bare["spec"]!.AsObject().Remove("taints");
        }

        return bare.ToJsonString();
    }
}
