using Casemate.Rego;

namespace Casemate.KataPolicy.Tests;

/// <summary>Containers come in the pod's order: pause, then init containers and sidecars one after the other, then the others.</summary>
public sealed class ContainerOrderTests
{
    private static readonly TriedPolicy s_tried = new(SamplePolicies.Layered);

    [Theory]
    [InlineData(0, "first")]
    [InlineData(1, "log")]
    [InlineData(1, "second")]
    [InlineData(1, "web")]
    [InlineData(2, "second")]
    [InlineData(2, "db")]
    [InlineData(3, "web")]
    public void Refuses_AContainerBeforeItsTurn(int created, string name)
    {
        var state = After(created);
        var decision = s_tried.Policy.Decide(state, Request(name));
        Assert.False(decision.Allowed);
        Assert.Contains("denied by order", decision.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("web", "db")]
    [InlineData("db", "web")]
    public void Accepts_TheOthersInAnyOrder(string first, string second)
    {
        var state = After(4);
        state = s_tried.Policy.Decide(state, Request(first)).State;
        Assert.True(s_tried.Policy.Decide(state, Request(second)).Allowed);
    }

    [Fact]
    public void Refuses_WhatFollows_WhileAnInitContainerStillIsThere()
    {
        var state = Decided(After(1), Request("first"));
        state = Decided(state, Start("first"));
        Assert.False(s_tried.Policy.Decide(state, Request("log")).Allowed);
        Assert.True(s_tried.Policy.Decide(Decided(state, Removed("first")), Request("log")).Allowed);
    }

    [Fact]
    public void Refuses_WhatFollows_WhenAnInitContainerWasNeverStarted()
    {
        var state = Decided(After(1), Request("first"));
        Assert.False(s_tried.Policy.Decide(Decided(state, Removed("first")), Request("log")).Allowed);
    }

    [Fact]
    public void Accepts_AContainerAgain_AfterItEnded()
    {
        var state = Decided(After(4), Request("web"));
        Assert.False(s_tried.Policy.Decide(state, Request("web")).Allowed);
        Assert.True(s_tried.Policy.Decide(Decided(state, Removed("web")), Request("web")).Allowed);
    }

    [Fact]
    public void Refuses_AnInitContainerAgain_BesideWhatItPrepared()
    {
        var state = Decided(After(4), Request("web"));
        Assert.False(s_tried.Policy.Decide(state, Request("first")).Allowed);
    }

    [Fact]
    public void Refuses_ToStart_WhatWasNotCreated() => Assert.False(s_tried.Policy.Decide(After(1), Start("web")).Allowed);

    [Fact]
    public void Keeps_NothingOfARequestThatWasDenied() => Assert.Same(RegoState.Initial, s_tried.Policy.Decide(RegoState.Initial,
        Request("web")).State);

    [Fact]
    public void Refuses_ASecondSandbox()
    {
        var request = s_tried.Next("CreateSandboxRequest").Request.Read();
        var decision = s_tried.Policy.Decide(RegoState.Initial, request);
        Assert.True(decision.Allowed);
        Assert.False(s_tried.Policy.Decide(decision.State, request).Allowed);
    }

    // The state after that many containers were created, started and, if they are init containers, ended.
    private static RegoState After(int containers) => s_tried.Next("CreateContainerRequest", containers).State;

    private static AgentRequest Request(string name) => Named("CreateContainerRequest", name);

    private static AgentRequest Start(string name) => Named("StartContainerRequest", name);

    private static AgentRequest Removed(string name) => Named("RemoveContainerRequest", name);

    private static AgentRequest Named(string kind, string name)
    {
        var index = SamplePolicies.Layered.Containers.Select(one => one.Name).ToList().IndexOf(name);
        var id = HonestRequests.Hex($"{index} {name}");
        return HonestRequests.Of(SamplePolicies.Layered).First(one => one.Kind == kind
            && one.Input["container_id"]!.Equals(RegoValue.From(id)));
    }

    private static RegoState Decided(RegoState state, AgentRequest request)
    {
        var decision = s_tried.Policy.Decide(state, request);
        Assert.True(decision.Allowed, decision.Message);
        return decision.State;
    }
}
