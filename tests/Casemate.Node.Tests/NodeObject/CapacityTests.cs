using Casemate.Kubernetes;
using Casemate.Node.NodeObject;
using Casemate.Testing.Kubernetes;

namespace Casemate.Node.Tests.NodeObject;

/// <summary>The amount of large EPC in the node's status.</summary>
public sealed class CapacityTests : NodeObjectFixture
{
    [Fact]
    public async Task Writes_TheAmount_IntoCapacityAlone_ByAPlace()
    {
        await PassAsync(Large);

        Assert.Equal($"{Amount}", Capacity(Intel));
        Assert.Null(Node.MapAt("status", "allocatable").GetValueOrDefault(Intel));
        var patch = Server.Requests.Single(request => request.ContentType == "application/json-patch+json");
        Assert.EndsWith("nodes/n1/status", patch.Path, StringComparison.Ordinal);
        Assert.Contains("/status/capacity/sgx.intel.com~1epc", patch.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("allocatable", patch.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_Nothing_WhenAllIsAsItShallBe()
    {
        await PassAsync(Large);
        KubeletStatus();
        await PassAsync();
        var before = Writes;

        await PassAsync();

        Assert.Equal(before, Writes);
        Assert.True(Reconciler.Status.IsSettled);
        Assert.Equal(Amount, Reconciler.Status.Advertised[Intel]);
    }

    [Fact]
    public async Task Writes_NoAmount_ThatADevicePluginCarries()
    {
        await PassAsync(Small);

        Assert.Null(Capacity(Azure));
        Assert.DoesNotContain(Server.Requests, request => request.ContentType == "application/json-patch+json");
    }

    [Fact]
    public async Task WritesAgain_WhatTheKubeletSetToZero()
    {
        await PassAsync(Large);
        SetCapacity("kubelet", Intel, "0");

        await PassAsync();

        Assert.Equal($"{Amount}", Capacity(Intel));
        Assert.Equal(("False", "OneWriter"), Condition(NodeMarks.SgxEpcConflict));
        Assert.Equal(2, Reconciler.Status.Restores);
    }

    [Fact]
    public async Task WritesAgain_WhatIsLost()
    {
        await PassAsync(Large);
        Change("kubelet", node => node["status"]!["capacity"]!.AsObject().Remove(Intel));

        await PassAsync();

        Assert.Equal($"{Amount}", Capacity(Intel));
    }

    [Fact]
    public async Task WritesAll_OnANodeThatWasMadeAgain()
    {
        await PassAsync(Large);
        Server.Delete(KubeResource.Nodes, null, "n1");
        await PassAsync();
        Assert.Contains("no Node n1", Reconciler.Status.Problem, StringComparison.Ordinal);

        MakeNode();
        await PassAsync();

        Assert.Equal($"{Amount}", Capacity(Intel));
        Assert.Equal("sgx", Node.Labels["tee"]);
    }

    [Fact]
    public async Task Waits_UntilTheKubeletHasWrittenItsFirstStatus()
    {
        Change("kubelet", node => node["status"] = new System.Text.Json.Nodes.JsonObject());

        await PassAsync(Large);

        Assert.Null(Node.At("status", "capacity"));
    }

    [Fact]
    public async Task FollowsThePlan()
    {
        await PassAsync(Large);
        var less = Large with { Resources = [Large.Resources[0] with { Count = 4096 }, Large.Resources[1]] };

        await PassAsync(less);

        Assert.Equal("4096", Capacity(Intel));
        Assert.Empty(Events);
    }

    [Fact]
    public async Task TakesBack_ItsAmount_WhenThePlanOffersAnotherName()
    {
        await PassAsync(Large);

        await PassAsync(Small);

        Assert.Null(Capacity(Intel));
    }

    [Fact]
    public async Task Names_WhoWritesOver_AndFightsOpenlyAndNotForEver()
    {
        await PassAsync(Large);
        for (var i = 0; i < 6; i++)
        {
            SetCapacity("node-feature-discovery", Intel, $"{1000 + i}");
            await PassAsync();
            Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal("1005", Capacity(Intel));
        Assert.Equal(4, Reconciler.Status.Restores);                       // the first, and three against the other
        Assert.Equal(("True", "WrittenOver"), Condition(NodeMarks.SgxEpcConflict));
        Assert.Contains("field manager 'node-feature-discovery'", Message(NodeMarks.SgxEpcConflict), StringComparison.Ordinal);
        Assert.Contains(NodeEventReason.SgxEpcConflict, Reasons);

        Clock.Advance(TimeSpan.FromHours(1));
        await PassAsync();
        Assert.Equal($"{Amount}", Capacity(Intel));
    }

    [Fact]
    public async Task Reports_ASecondNameForTheSameEpc_AndLeavesItAlone()
    {
        SetCapacity("intel-epchook", Intel, "1073741824");

        await PassAsync(Small);

        Assert.Equal("1073741824", Capacity(Intel));
        Assert.Equal(("True", "OfferedTwice"), Condition(NodeMarks.SgxEpcConflict));
        Assert.Contains("field manager 'intel-epchook'", Message(NodeMarks.SgxEpcConflict), StringComparison.Ordinal);
        Assert.Contains("offered twice", Reconciler.Status.Problem, StringComparison.Ordinal);
        Assert.Contains(NodeEventReason.SgxEpcConflict, Reasons);
    }

    [Fact]
    public async Task Reports_ADevicePlugin_OfAnotherName()
    {
        SetCapacity("kubelet", "openenclave.io/sgx_epc_MiB", "40");

        await PassAsync(Large);

        Assert.Contains("a device plugin (through the kubelet)", Message(NodeMarks.SgxEpcConflict), StringComparison.Ordinal);
        Assert.Equal("40", Capacity("openenclave.io/sgx_epc_MiB"));
    }

    [Fact]
    public async Task Knows_TheKubelet_UnderWhicheverNameItWrites()
    {
        Server.Delete(KubeResource.Nodes, null, "n1");
        MakeNode(kubelet: "k3s");
        SetCapacity("k3s", Azure, "168");
        await PassAsync(Small);
        Assert.Equal(("False", "OneWriter"), Condition(NodeMarks.SgxEpcConflict));

        await PassAsync(Large);
        Assert.Contains("a device plugin (through the kubelet)", Message(NodeMarks.SgxEpcConflict), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ForgetsTheConflict_WhenItIsOver()
    {
        SetCapacity("intel-epchook", Azure, "40");
        await PassAsync(Large);
        Change("intel-epchook", node => node["status"]!["capacity"]!.AsObject().Remove(Azure));

        await PassAsync();

        Assert.Equal(("False", "OneWriter"), Condition(NodeMarks.SgxEpcConflict));
    }

    [Fact]
    public async Task NeverWrites_OverAChangeThatItHasNotSeen()
    {
        await PassAsync(Large);
        SetCapacity("kubelet", Intel, "0");
        Server.Refuse(1, new ApiFault(422, "Invalid", "test failed"), request => request.ContentType == "application/json-patch+json");

        await Assert.ThrowsAsync<KubeException>(() => PassAsync());

        Assert.Equal("0", Capacity(Intel));
        await PassAsync();
        Assert.Equal($"{Amount}", Capacity(Intel));
    }

    [Fact]
    public async Task SaysThatNothingIsAdvertised_AfterThirtySeconds()
    {
        await PassAsync(Large);
        Assert.Equal(("Unknown", "Waiting"), Condition(NodeMarks.EpcAdvertised));
        Assert.Empty(Events);

        Clock.Advance(TimeSpan.FromSeconds(30));
        await PassAsync();

        Assert.Equal(("False", "NotAdvertised"), Condition(NodeMarks.EpcAdvertised));
        Assert.Equal([NodeEventReason.EpcNotAdvertised], Reasons);
        Assert.Contains($"{Intel} should be {Amount} and is absent", Message(NodeMarks.EpcAdvertised), StringComparison.Ordinal);

        KubeletStatus();
        await PassAsync();
        Assert.Equal(("True", "Advertised"), Condition(NodeMarks.EpcAdvertised));
    }

    [Fact]
    public async Task NamesTheLikelyCause_OfALostDeviceList()
    {
        SetCapacity("kubelet", Azure, "168");
        await PassAsync(Small);
        Clock.Advance(TimeSpan.FromSeconds(30));

        await PassAsync();

        Assert.Contains("its list has 4000 bytes (limit 4194304)", Message(NodeMarks.EpcAdvertised), StringComparison.Ordinal);
    }
}
