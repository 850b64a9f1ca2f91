using Casemate.Kubernetes;
using Casemate.Node.NodeObject;

namespace Casemate.Node.Tests.NodeObject;

/// <summary>No pod before the node is attested.</summary>
public sealed class StartupTests : NodeObjectFixture
{
    private readonly TestAttestation _attestation = new();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Server.Delete(KubeResource.Nodes, null, "n1");
        MakeNode(closed: true);
        Use(_attestation);
    }

    [Fact]
    public async Task Waits_WithTheAttestation_UntilTheSchedulerSeesTheEpc()
    {
        await PassAsync(Large);
        Assert.Equal(0, _attestation.Calls);
        Assert.Equal(("Unknown", "Waiting"), Condition(NodeMarks.Attested));

        KubeletStatus();
        await PassAsync();

        Assert.Equal(1, _attestation.Calls);
    }

    [Fact]
    public async Task Opens_TheNode_AfterLabelAndCondition()
    {
        await AttestAsync();

        Assert.Empty(Taints);
        Assert.Equal("true", Node.Labels[NodeMarks.AttestedLabel]);
        Assert.Equal("2026-03-01T12:00:00Z", Node.Annotations[NodeMarks.AttestedAtAnnotation]);
        Assert.Equal(("True", "Accepted"), Condition(NodeMarks.Attested));
        Assert.Equal([NodeEventReason.NodeAttested], Reasons);

        var bodies = Server.Requests.Where(request => request.Method == "PATCH").Select(request => request.Body).ToList();
        var label = bodies.FindIndex(body => body.Contains("casemate.dev/attested\"", StringComparison.Ordinal));
        var condition = bodies.FindIndex(body => body.Contains("Accepted", StringComparison.Ordinal));
        var taint = bodies.FindIndex(body => body.Contains("\"taints\"", StringComparison.Ordinal));
        Assert.True(label >= 0 && label < condition && condition < taint, string.Join("\n", bodies));
    }

    [Fact]
    public async Task Keeps_TheNodeClosed_WhileTheAttestationFails_AndTriesAgain()
    {
        _attestation.Result = new NodeAttestationResult(false, "TcbOutOfDate", "The TCB is out of date.");

        await AttestAsync();
        await PassAsync();

        Assert.Equal([NodeMarks.StartupTaint], Taints);
        Assert.False(Node.Labels.ContainsKey(NodeMarks.AttestedLabel));
        Assert.Equal(("False", "TcbOutOfDate"), Condition(NodeMarks.Attested));
        Assert.Equal([NodeEventReason.NodeAttestationFailed], Reasons);
        Assert.Equal(1, _attestation.Calls);

        _attestation.Result = TestAttestation.Accepted;
        Clock.Advance(TimeSpan.FromSeconds(30));
        await PassAsync();
        Assert.Empty(Taints);
        Assert.Equal(2, _attestation.Calls);
    }

    [Fact]
    public async Task TakesAnException_ForAFailure()
    {
        _attestation.Failure = new InvalidOperationException("no quote");

        await AttestAsync();

        Assert.Equal(("False", "AttestationFailed"), Condition(NodeMarks.Attested));
        Assert.Equal([NodeMarks.StartupTaint], Taints);
    }

    [Fact]
    public async Task GoesOn_LookingAfterTheNode_WhileTheAttestationTakesItsTime()
    {
        _attestation.Pending = new TaskCompletionSource<NodeAttestationResult>();
        await AttestAsync();
        SetCapacity("kubelet", Intel, "0");

        await PassAsync();

        Assert.Equal($"{Amount}", Capacity(Intel));
        Assert.Equal([NodeMarks.StartupTaint], Taints);
        Assert.Equal(1, _attestation.Calls);
    }

    [Fact]
    public async Task EndsAnAttestation_ThatTakesTooLong()
    {
        _attestation.Pending = new TaskCompletionSource<NodeAttestationResult>();
        await AttestAsync();

        Clock.Advance(TimeSpan.FromMinutes(2));
        await Server.UntilAsync(() => { PassAsync().GetAwaiter().GetResult(); return Condition(NodeMarks.Attested).Reason == "TimedOut"; });
        Assert.Equal([NodeMarks.StartupTaint], Taints);
    }

    [Fact]
    public async Task SaysThatTheNodeIsStuck_AndNeverOpensItByTime()
    {
        _attestation.Result = new NodeAttestationResult(false, "TcbOutOfDate", "The TCB is out of date.");
        await AttestAsync();

        Clock.Advance(TimeSpan.FromMinutes(15));
        await PassAsync();
        Clock.Advance(TimeSpan.FromHours(5));
        await PassAsync();

        Assert.Contains(NodeEventReason.NodeStuck, Reasons);
        Assert.Single(Reasons, reason => reason == NodeEventReason.NodeStuck);
        Assert.True(Reconciler.Status.IsStuck);
        Assert.Equal([NodeMarks.StartupTaint], Taints);
    }

    [Fact]
    public async Task OpensAnUnattestedNode_ByTheOperatorsWordAlone_AndSaysSo()
    {
        Use(_attestation, settings => settings with { DeadlineAction = StartupDeadlineAction.AdmitUnattested });
        _attestation.Result = new NodeAttestationResult(false, "TcbOutOfDate", "The TCB is out of date.");
        await AttestAsync();
        Assert.NotEmpty(Taints);

        Clock.Advance(TimeSpan.FromMinutes(15));
        await PassAsync();

        Assert.Empty(Taints);
        Assert.False(Node.Labels.ContainsKey(NodeMarks.AttestedLabel));
        Assert.Equal("False", Condition(NodeMarks.Attested).Status);
        Assert.False(Reconciler.Status.IsAttested);
    }

    [Fact]
    public async Task AttestsAgain_WhenTheTaintComesBack()
    {
        await AttestAsync();
        Close();
        _attestation.Result = new NodeAttestationResult(false, "TcbOutOfDate", "The TCB is out of date.");

        await PassAsync();

        Assert.Equal(2, _attestation.Calls);
        Assert.Equal([NodeMarks.StartupTaint], Taints);
        Assert.False(Node.Labels.ContainsKey(NodeMarks.AttestedLabel));
    }

    [Fact]
    public async Task AttestsAgain_AfterTheMachineStartedAgain()
    {
        await AttestAsync();
        _attestation.Pending = new TaskCompletionSource<NodeAttestationResult>();
        Change("kubelet", node => node["status"]!["nodeInfo"]!["bootID"] = "boot-2");

        await PassAsync();

        Assert.Equal(2, _attestation.Calls);
        Assert.False(Node.Labels.ContainsKey(NodeMarks.AttestedLabel));
        Assert.NotEqual("True", Condition(NodeMarks.Attested).Status);
    }

    [Fact]
    public async Task AttestsAgain_ANodeThatWasMadeAgain()
    {
        await AttestAsync();
        Server.Delete(KubeResource.Nodes, null, "n1");
        MakeNode(closed: true);

        await AttestAsync();

        Assert.Equal(2, _attestation.Calls);
        Assert.Empty(Taints);
    }

    [Fact]
    public async Task AttestsAgain_InTime()
    {
        await AttestAsync();
        Clock.Advance(TimeSpan.FromHours(24));

        await PassAsync();

        Assert.Equal(2, _attestation.Calls);
        Assert.Equal("2026-03-02T12:00:00Z", Node.Annotations[NodeMarks.AttestedAtAnnotation]);
    }

    [Fact]
    public async Task RemovesTheLabel_ThatSomebodyElseWrote()
    {
        _attestation.Result = new NodeAttestationResult(false, "TcbOutOfDate", "The TCB is out of date.");
        Change("kubectl-label", node => node["metadata"]!["labels"]![NodeMarks.AttestedLabel] = "true");

        await AttestAsync();

        Assert.False(Node.Labels.ContainsKey(NodeMarks.AttestedLabel));
    }

    [Fact]
    public async Task KeepsNoVerdict_OfAnotherStartOfTheMachine()
    {
        await AttestAsync();
        Assert.Equal("boot-1", Node.Annotations[NodeMarks.AttestedBootAnnotation]);
        _attestation.Pending = new TaskCompletionSource<NodeAttestationResult>();
        Use(_attestation);
        Change("kubelet", node => node["status"]!["nodeInfo"]!["bootID"] = "boot-2");

        await PassAsync(Large);

        Assert.False(Node.Labels.ContainsKey(NodeMarks.AttestedLabel));
        Assert.False(Node.Annotations.ContainsKey(NodeMarks.AttestedAtAnnotation));
    }

    [Fact]
    public async Task KeepsTheLastVerdict_WhenTheAgentStartsAgain_UntilThereIsANewOne()
    {
        await AttestAsync();
        _attestation.Pending = new TaskCompletionSource<NodeAttestationResult>();
        Use(_attestation);

        await PassAsync(Large);
        Assert.Equal("true", Node.Labels[NodeMarks.AttestedLabel]);

        _attestation.Pending.SetResult(new NodeAttestationResult(false, "Revoked", "Revoked."));
        await PassAsync();
        Assert.False(Node.Labels.ContainsKey(NodeMarks.AttestedLabel));
    }

    [Fact]
    public async Task LeavesTheTaintAlone_WhenNobodyAttests()
    {
        Use(null);

        await AttestAsync();
        Clock.Advance(TimeSpan.FromHours(1));
        await PassAsync();

        Assert.Equal([NodeMarks.StartupTaint], Taints);
        Assert.False(HasCondition(NodeMarks.Attested));
        Assert.Empty(Reasons);
    }

    [Fact]
    public async Task OpensAnUnattestedNode_WhenItIsReady_WhereTheOperatorSaidSo()
    {
        Use(null, settings => settings with { OpenUnattestedWhenReady = true });

        await PassAsync(Large);
        Assert.Equal([NodeMarks.StartupTaint], Taints);

        KubeletStatus();
        Reconciler.Update(new NodeObjectWish(Large, NodeObjectWish.ExpectedOf(Large), []) { NotReady = "No quotes." });
        await PassAsync();
        Assert.Equal([NodeMarks.StartupTaint], Taints);
        Assert.Equal("No quotes.", Reconciler.Status.Problem);

        await PassAsync(Large);
        Assert.Empty(Taints);
        Assert.False(Node.Labels.ContainsKey(NodeMarks.AttestedLabel));
        Assert.False(HasCondition(NodeMarks.Attested));
        Assert.False(Reconciler.Status.IsAttested);
        Assert.NotNull(Reconciler.Status.OpenedAt);
    }

    [Fact]
    public async Task NeverTakesReadiness_ForAnAttestation()
    {
        Use(_attestation, settings => settings with { OpenUnattestedWhenReady = true });
        _attestation.Result = new NodeAttestationResult(false, "TcbOutOfDate", "The TCB is out of date.");

        await AttestAsync();

        Assert.Equal([NodeMarks.StartupTaint], Taints);
    }

    [Fact]
    public async Task SaysWhyTheNodeIsStuck_WhenItIsNotEvenReady()
    {
        Reconciler.Update(new NodeObjectWish(Large, NodeObjectWish.ExpectedOf(Large), []) { NotReady = "No quotes." });
        await PassAsync();
        KubeletStatus();
        await PassAsync();
        Clock.Advance(TimeSpan.FromMinutes(15));
        await PassAsync();

        Assert.Equal(0, _attestation.Calls);
        Assert.Equal(("Unknown", "Waiting"), Condition(NodeMarks.Attested));
        var stuck = Events.Single(e => e.At("reason")!.Value.GetString() == NodeEventReason.NodeStuck);
        Assert.Contains("No quotes.", stuck.At("note")!.Value.GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Removal_LeavesTheNodeClosed_UnlessAsked()
    {
        _attestation.Result = new NodeAttestationResult(false, "TcbOutOfDate", "The TCB is out of date.");
        await AttestAsync();

        await Reconciler.RemoveAsync();
        Assert.Equal([NodeMarks.StartupTaint], Taints);

        await Reconciler.RemoveAsync(admitUnattested: true);
        Assert.Empty(Taints);
    }

    [Fact]
    public async Task AttestsAgain_WhenTheTaintComesToANodeThatWasOpenWhenTheAgentStarted()
    {
        Server.Delete(KubeResource.Nodes, null, "n1");
        MakeNode();
        await AttestAsync();
        Assert.Equal(1, _attestation.Calls);
        Close();
        _attestation.Result = new NodeAttestationResult(false, "TcbOutOfDate", "The TCB is out of date.");

        await PassAsync();

        Assert.Equal(2, _attestation.Calls);
        Assert.Equal([NodeMarks.StartupTaint], Taints);
        Assert.False(Node.Labels.ContainsKey(NodeMarks.AttestedLabel));
    }

    [Fact]
    public async Task TakesNoVerdict_ThatWasUnderWay_WhenTheTaintCameBack()
    {
        Server.Delete(KubeResource.Nodes, null, "n1");
        MakeNode();
        var pending = _attestation.Pending = new TaskCompletionSource<NodeAttestationResult>();
        await AttestAsync();
        Close();
        await PassAsync();
        Assert.Equal(1, _attestation.Calls);

        _attestation.Pending = null;
        _attestation.Result = new NodeAttestationResult(false, "TcbOutOfDate", "The TCB is out of date.");
        pending.SetResult(TestAttestation.Accepted);
        await Server.UntilAsync(() => { PassAsync().GetAwaiter().GetResult(); return Condition(NodeMarks.Attested).Status == "False"; });

        Assert.Equal(2, _attestation.Calls);
        Assert.Equal([NodeMarks.StartupTaint], Taints);
        Assert.Equal([NodeEventReason.NodeAttestationFailed], Reasons);
    }

    [Fact]
    public async Task KeepsAnAttestedNodeClosed_UntilItCanServePods()
    {
        var pending = _attestation.Pending = new TaskCompletionSource<NodeAttestationResult>();
        await AttestAsync();
        var wish = new NodeObjectWish(Large, NodeObjectWish.ExpectedOf(Large), []);
        Reconciler.Update(wish with { NotReady = "The kubelet does not have everything that is offered." });
        pending.SetResult(TestAttestation.Accepted);
        await Server.UntilAsync(() => { PassAsync().GetAwaiter().GetResult(); return Reconciler.Status.IsAttested; });
        await PassAsync();
        Assert.Equal([NodeMarks.StartupTaint], Taints);

        Reconciler.Update(wish);
        await PassAsync();

        Assert.Empty(Taints);
    }

    private async Task AttestAsync()
    {
        await PassAsync(Large);
        KubeletStatus();
        await PassAsync();
    }

    private void Close() => Change("operator", node => node["spec"]!["taints"] = new System.Text.Json.Nodes.JsonArray(
        new System.Text.Json.Nodes.JsonObject { ["key"] = NodeMarks.StartupTaint, ["value"] = "true", ["effect"] = "NoSchedule" }));
}
